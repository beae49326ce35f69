// What a team does on request with nothing but its store: a line each in a table, so that the façade does not grow with them.
// Each runs in one transaction; what it has to tell the team's endpoints goes into the log with it.
import { refuse, type Refusal } from './api/problem.ts';
import type { Period } from './ledger/period.ts';
import { fail, ok, type Result } from './result.ts';
import type { Database } from './store/database.ts';
import type { EntryKey } from './store/ledger.ts';
import { readEntryPage, type EntryQuery } from './store/entry-page.ts';
import { readFocus } from './store/focus.ts';
import { listParts } from './store/parts.ts';
import { readPriceList } from './store/price-list.ts';
import { deleteRule, insertRule, listRules, writeBook, type Rule } from './store/prices.ts';
import { repriceSlice, type Repriced } from './store/reprice.ts';
import { readRetentionState } from './store/retention-state.ts';
import { writeRetention, type Retention } from './store/retention.ts';

export interface Desk {
  readonly db: Database;
  /** The token that asks. */
  readonly by: string;
  readonly now: number;
  readonly say: (type: string, data: object) => void;
}

export interface BookText {
  readonly name: string;
  readonly text: string;
}

export interface Repricing {
  readonly range: Period;
  readonly isDry: boolean;
  readonly from: EntryKey | null;
}

export const useCases = {
  prices: ({ db, now }: Desk, since: number) => ok(readPriceList(db, since, now)),

  rules: ({ db }: Desk) => ok(listRules(db)),

  addRule({ db, by, now, say }: Desk, id: string, rule: Rule) {
    const row = { id, rule, by, created: now };
    if (!insertRule(db, row)) return fail(refuse('conflict', 'there is a rule on the same already: delete it first'));
    say('prices.changed', { by, added: { id, ...rule } });
    return ok(row);
  },

  removeRule({ db, by, say }: Desk, id: string): Result<null, Refusal> {
    const rule = deleteRule(db, id);
    if (rule === null) return fail(refuse('not-found', `there is no rule ${id.slice(0, 80)}`));
    say('prices.changed', { by, removed: { id, ...rule } });
    return ok(null);
  },

  setBook({ db, by, say }: Desk, book: BookText | null) {
    writeBook(db, book);
    say('prices.changed', { by, book: book?.name ?? null });
    return ok(null);
  },

  reprice({ db, now }: Desk, { range, isDry, from }: Repricing): Result<Repriced, Refusal> {
    return ok(repriceSlice(db, { range, isDry, now }, from));
  },

  entryPage: ({ db }: Desk, query: EntryQuery) => ok(readEntryPage(db, query)),

  focus: ({ db }: Desk, period: Period, closes: number) => ok(readFocus(db, period, closes)),

  parts: ({ db }: Desk, after: number, limit: number) => ok(listParts(db, after, limit)),

  retention: ({ db }: Desk) => ok(readRetentionState(db)),

  setRetention({ db, by, now, say }: Desk, { logDays, attemptDays }: Retention) {
    writeRetention(db, { logDays, attemptDays }, now);
    say('retention.changed', { by, log_days: logDays, attempt_days: attemptDays });
    return ok(readRetentionState(db));
  },

  say({ by, say }: Desk, type: 'ledger.repricing' | 'ledger.repriced', data: object) {
    say(type, { by, ...data });
    return ok(null);
  },
} as const satisfies Record<string, (desk: Desk, ...given: never[]) => Result<unknown, Refusal>>;

type UseCases = typeof useCases;
export type UseCase = keyof UseCases;
export type Given<N extends UseCase> = UseCases[N] extends (desk: Desk, ...given: infer G) => unknown ? G : never;
/** Whatever it does, the token may have been revoked. */
export type Outcome<N extends UseCase> = Result<Extract<ReturnType<UseCases[N]>, { ok: true }>['value'], Refusal>;

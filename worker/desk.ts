// What a team does on request with nothing but its store: a line each in a table, so that the façade does not grow with them.
// Each runs in one transaction; what it has to tell the team's endpoints goes into the log with it.
import type { Source } from '../plugin/contract.ts';
import { REPRICING } from './repricing.ts';
import { refuse, type Refusal } from './api/problem.ts';
import { attempts } from './attempts.ts';
import type { Credential } from './access/token.ts';
import { canAct, type Budget } from './budget/budget.ts';
import type { Filter } from './delivery/wanted.ts';
import type { Period } from './ledger/period.ts';
import { tellRule, type Rule } from './ledger/price-rule.ts';
import type { Followers } from './followers.ts';
import { inbound } from './inbound.ts';
import { mailroom } from './mailroom.ts';
import type { Notices } from './notices.ts';
import { acknowledge } from './pull.ts';
import { replays } from './replays.ts';
import { fail, ok, type Result } from './result.ts';
import {
  deleteBudget,
  listBudgets,
  readBudget,
  writeBudget,
  type BudgetChange,
  type BudgetDraft,
} from './store/budgets.ts';
import { readCopies } from './store/copies.ts';
import type { Database } from './store/database.ts';
import { readFailure } from './store/failures.ts';
import type { EntryKey } from './store/ledger.ts';
import { readEndpoint } from './store/endpoints.ts';
import { readEntryPage, type EntryQuery } from './store/entry-page.ts';
import { readFocus } from './store/focus.ts';
import { matchNewest } from './store/match.ts';
import { listParts } from './store/parts.ts';
import { readPriceList } from './store/price-list.ts';
import { aliasFault, isRuled, keepBook, listRules, type PricesChanged } from './store/prices.ts';
import { repriceSlice } from './store/reprice.ts';
import {
  listRepricings,
  newRepricing,
  rangeOf,
  readRepricing,
  runningRepricing,
  writeRepricing,
  type Repricing,
} from './store/repricings.ts';
import { readRetentionState } from './store/retention-state.ts';
import { readRetention, writeRetention, type Retention } from './store/retention.ts';
import { changeTerms, readStates, type BudgetState } from './store/standings.ts';
import { readPage, type LogPage } from './store/log.ts';
import { listEntries, listSessions, startOfSession, type SessionQuery } from './store/session-list.ts';
import { listSources } from './store/sources.ts';
import { insertToken, listTokens, revokeToken } from './store/tokens.ts';
import { readUsage, type UsageQuery } from './store/usage.ts';
import { readVitals } from './store/vitals.ts';
import type { Watch } from './watch.ts';

export interface Desk {
  readonly db: Database;
  readonly team: string;
  /** The token that asks. */
  readonly by: string;
  readonly now: number;
  readonly zone: string;
  readonly watch: Pick<Watch, 'check' | 'spent' | 'tasks'>;
  readonly followers: Pick<Followers, 'revoke'>;
  readonly notices: Pick<Notices, 'changed'>;
  readonly say: (type: string, data: object, source?: Source) => void;
}

export interface BookText {
  readonly name: string;
  readonly text: string;
}

export const useCases = {
  ...attempts,

  prices: ({ db, now }: Desk, since: number) => ok(readPriceList(db, since, now)),

  rules: ({ db }: Desk) => ok(listRules(db)),

  addRule({ db, by, now, say }: Desk, id: string, rule: Rule) {
    const fault = rule.kind === 'alias' ? aliasFault(db, rule.as) : null;
    if (fault !== null) return fail(refuse('body-malformed', fault));
    if (isRuled(db, rule)) return fail(refuse('conflict', 'there is a rule on the same already: delete it first'));
    return settled(db, () => {
      say('prices.changed', { by, added: { id, ...tellRule(rule) } } satisfies PricesChanged);
      return { id, rule, by, created: now };
    });
  },

  removeRule({ db, by, say }: Desk, id: string): Result<null, Refusal> {
    const held = listRules(db).find((row) => row.id === id);
    if (held === undefined) return fail(refuse('not-found', `there is no rule ${id.slice(0, 80)}`));
    return settled(db, () => {
      say('prices.changed', { by, removed: { id, ...tellRule(held.rule) } } satisfies PricesChanged);
      return null;
    });
  },

  setBook({ db, by, say }: Desk, book: BookText | null) {
    return settled(db, () => {
      if (book !== null) keepBook(db, book);
      say('prices.changed', { by, book: book?.name ?? null } satisfies PricesChanged);
      return null;
    });
  },

  tryRepricing: ({ db, now }: Desk, range: Period, from: EntryKey | null) =>
    ok(repriceSlice(db, { range, isDry: true, now }, from)),

  startRepricing({ db, by, now, say }: Desk, id: string, range: Period) {
    return settled(db, () => {
      const repricing = newRepricing({ id, range, by, begun: now });
      writeRepricing(db, repricing);
      say('ledger.repricing', { id, by, ...rangeOf(range) });
      return { ...repricing, failure: null };
    });
  },

  repricings: ({ db }: Desk, limit: number) => ok(listRepricings(db, limit).map((one) => withFailure(db, one))),

  repricing({ db }: Desk, id: string) {
    const held = readRepricing(db, id);
    if (held === null) return fail(refuse('not-found', `there is no repricing ${id.slice(0, 80)}`));
    return ok(withFailure(db, held));
  },

  sessions: ({ db }: Desk, query: SessionQuery) => ok(listSessions(db, query)),

  entries: ({ db }: Desk, session: string, limit: number, offset: number) =>
    ok(listEntries(db, session, limit, offset)),

  usage: ({ db }: Desk, query: UsageQuery) => ok(readUsage(db, query)),

  copies: ({ db }: Desk, period: Period) => ok(readCopies(db, period)),

  sources: ({ db }: Desk, limit: number) => ok(listSources(db, limit)),

  addToken({ db, now }: Desk, token: Credential, name: string) {
    insertToken(db, token, { name }, now);
    return ok(null);
  },

  entryPage: ({ db }: Desk, query: EntryQuery) => ok(readEntryPage(db, query)),

  focus: ({ db }: Desk, period: Period, closes: number) => ok(readFocus(db, period, closes)),

  acknowledge: ({ db }: Desk, endpoint: string, upTo: number) => acknowledge(db, endpoint, upTo),

  tokens: ({ db }: Desk) => ok(listTokens(db)),

  revokeToken({ db, now, followers }: Desk, id: string): Result<null, Refusal> {
    if (!revokeToken(db, id, now)) {
      return fail(refuse('not-found', `there is no token ${id.slice(0, 80)} that is still good`));
    }
    followers.revoke(id);
    return ok(null);
  },

  /** What happened in one session: the log is read from about where the session begins. */
  timeline(
    { db, team }: Desk,
    session: string,
    { after, limit }: { readonly after: number; readonly limit: number },
  ): Result<LogPage, Refusal> {
    const start = startOfSession(db, session);
    if (start === null) return fail(refuse('not-found', `there is no session ${session.slice(0, 80)}`));
    const matches = (event: { readonly session: string | null }) => event.session === session;
    return ok(readPage(db, team, { after: Math.max(after, start), limit, matches }));
  },

  parts: ({ db }: Desk, after: number, limit: number) => ok(listParts(db, after, limit)),

  match: ({ db, team }: Desk, filter: Filter, last: number) => ok(matchNewest(db, team, filter, last)),

  /** As it wants events now but for what is changed. */
  rematch({ db, team }: Desk, id: string, change: Partial<Filter>, last: number) {
    const endpoint = readEndpoint(db, id);
    if (endpoint === null) return fail(refuse('not-found', `there is no endpoint ${id.slice(0, 80)}`));
    return ok(matchNewest(db, team, { ...endpoint, ...change }, last));
  },

  retention: ({ db }: Desk) => ok(readRetentionState(db)),

  setRetention({ db, by, now, say }: Desk, change: Partial<Retention>) {
    const kept = { ...readRetention(db), ...change };
    writeRetention(db, kept, now);
    const { logDays, attemptDays, mailDays } = kept;
    say('retention.changed', { by, log_days: logDays, attempt_days: attemptDays, mail_days: mailDays });
    return ok(readRetentionState(db));
  },

  health: ({ db, now, watch }: Desk) =>
    ok({ now, ...readVitals(db, now), tasks: watch.tasks().filter(({ reason }) => reason !== null) }),

  ...replays,

  ...mailroom,

  ...inbound,

  budgets: (desk: Desk) => ok(readStates(desk.db, listBudgets(desk.db), desk)),

  budget: (desk: Desk, id: string) => having(desk, id, (budget) => budget),

  /** What a budget has reached the moment it is made is said at once, and so is what a change makes it reach. */
  addBudget(desk: Desk, draft: BudgetDraft) {
    if (draft.action !== 'none' && !canAct(draft.scope)) return fail(CANNOT_ACT);
    writeBudget(desk.db, { ...draft, created: desk.now, since: desk.now });
    desk.watch.check();
    return having(desk, draft.id, (budget) => budget);
  },

  changeBudget(desk: Desk, id: string, change: BudgetChange) {
    const held = readBudget(desk.db, id);
    if (held !== null && (change.action ?? 'none') !== 'none' && !canAct(held.scope)) return fail(CANNOT_ACT);
    return having(desk, id, (budget) => {
      const changed = { ...budget, ...change, since: desk.now };
      changeTerms(desk.db, changed, desk);
      desk.watch.check();
      return changed;
    });
  },

  removeBudget: (desk: Desk, id: string) =>
    having(desk, id, (budget) => {
      deleteBudget(desk.db, id);
      desk.watch.check();
      return budget;
    }),
} as const satisfies Record<string, (desk: Desk, ...given: never[]) => Result<unknown, Refusal>>;

const CANNOT_ACT = refuse(
  'body-malformed',
  "action: must be none for a budget by model, agent or provider, whose spend is no one member's: subscribe to its events",
);

/** Prices stay as they are while they are applied: what a repricing comes to would else depend on when it is done. */
function settled<T>(db: Database, change: () => T): Result<T, Refusal> {
  const running = runningRepricing(db);
  if (running === null) return ok(change());
  return fail(refuse('conflict', `a repricing is under way: wait until ${running.id} is done`));
}

function withFailure(db: Database, repricing: Repricing) {
  return { ...repricing, failure: repricing.ended === null ? readFailure(db, REPRICING) : null };
}

/** Answers with where the budget stands that is left of it. */
function having(desk: Desk, id: string, use: (budget: Budget) => Budget): Result<BudgetState, Refusal> {
  const budget = readBudget(desk.db, id);
  const [state] = budget === null ? [] : readStates(desk.db, [use(budget)], desk);
  return state === undefined ? fail(refuse('not-found', `there is no budget ${id.slice(0, 80)}`)) : ok(state);
}

type UseCases = typeof useCases;
export type UseCase = keyof UseCases;
export type Given<N extends UseCase> = UseCases[N] extends (desk: Desk, ...given: infer G) => unknown ? G : never;
/** Whatever it does, the token may have been revoked. */
export type Outcome<N extends UseCase> = Result<Extract<ReturnType<UseCases[N]>, { ok: true }>['value'], Refusal>;

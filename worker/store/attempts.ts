// What became of each try to deliver: a row an attempt.
import type { Exchange } from '../delivery/exchange.ts';
import type { Attempt, Outcome } from '../delivery/outcome.ts';
import type { Database } from './database.ts';
import { writeRows } from './rows.ts';

type Recorded = Outcome['kind'] | 'exhausted';

export interface NewAttempt {
  readonly attempt: Attempt;
  readonly recorded: Recorded;
  readonly nextAt: number | null;
}

/** An attempt by its event's position and its number there. */
export type AttemptName = { readonly seq: number; readonly number: number };

/** What a row holds of what went over the wire; or, of an event that was not the first of its request, the name of the attempt that holds it. */
export type Held = Exchange | { readonly with: AttemptName };

/** No event is twice in a window, so that each attempt's number follows from those that are there. */
export function insertAttempts(db: Database, id: string, attempts: readonly NewAttempt[], cursor: number): void {
  const numbers = numbersOf(
    db,
    id,
    attempts.map(({ attempt }) => attempt.seq),
    cursor,
  );
  const leads = new Map<number, string | null>();
  const rows = attempts.map(({ attempt, recorded, nextAt }) => {
    const { seq, at, durationMs, request, outcome, exchange } = attempt;
    const number = (numbers.get(seq) ?? 0) + 1;
    const detail = outcome.kind === 'delivered' ? null : outcome.detail;
    const lead = leads.get(request);
    if (lead === undefined) {
      const name: Held = { with: { seq, number } };
      leads.set(request, exchange === null ? null : JSON.stringify(name));
    }
    const held = lead === undefined ? exchange : lead;
    return [id, seq, number, at, durationMs, recorded, outcome.status, detail, nextAt, held];
  });
  const into = /* sql */ `INSERT INTO attempt (endpoint, seq, number, at, duration_ms, outcome, status, detail, next_at, exchange)`;
  writeRows(db.sql, into, rows);
}

/** The last attempt at each of some events. Those after the cursor have had none, unless a replay has moved it back. */
function numbersOf({ sql }: Database, id: string, seqs: readonly number[], cursor: number): Map<number, number> {
  const fresh = sql.exec<AttemptName>(
    /* sql */ `SELECT seq, max(number) AS number
                 FROM attempt
                WHERE endpoint = ? AND seq > ? AND seq <= ?
                GROUP BY seq`,
    id,
    cursor,
    Math.max(cursor, ...seqs),
  );
  const again = sql.exec<AttemptName>(
    /* sql */ `SELECT seq, max(number) AS number
                 FROM attempt
                WHERE endpoint = ? AND seq IN (SELECT value FROM json_each(?))
                GROUP BY seq`,
    id,
    JSON.stringify(seqs.filter((seq) => seq <= cursor)),
  );
  return new Map([...fresh, ...again].map(({ seq, number }) => [seq, number]));
}

export type AttemptRow = {
  seq: number;
  number: number;
  at: number;
  duration_ms: number;
  outcome: Recorded;
  status: number | null;
  detail: string | null;
  next_at: number | null;
};

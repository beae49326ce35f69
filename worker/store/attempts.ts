// What became of each try to deliver: a row an attempt.
import type { Outcome } from '../delivery/outcome.ts';
import type { Database } from './database.ts';

type Recorded = Outcome['kind'] | 'exhausted';
export type NewAttempt = readonly [
  seq: number,
  at: number,
  durationMs: number,
  outcome: Recorded,
  status: number | null,
  detail: string | null,
  nextAt: number | null,
];

/** No event is twice in a window, so that each attempt's number follows from those that are there. */
export function insertAttempts({ sql }: Database, id: string, attempts: readonly NewAttempt[]): void {
  sql.exec(
    /* sql */ `INSERT INTO attempt (endpoint, seq, number, at, duration_ms, outcome, status, detail, next_at)
               SELECT ?1,
                      value->>0,
                      (SELECT coalesce(max(number), 0) + 1 FROM attempt WHERE endpoint = ?1 AND seq = value->>0),
                      value->>1, value->>2, value->>3, value->>4, value->>5, value->>6
                 FROM json_each(?2)`,
    id,
    JSON.stringify(attempts),
  );
}

/** Retries and replays are of earlier events: the last delivery is among the newest attempts all the same, or long ago. */
const RECENT = 200;

/** When something was delivered last, null where that is not in sight. */
export function lastDelivered({ sql }: Database, id: string): number | null {
  return sql
    .exec<{ at: number | null }>(
      /* sql */ `SELECT max(at) AS at
                   FROM (SELECT at, outcome FROM attempt WHERE endpoint = ? ORDER BY seq DESC, number DESC LIMIT ?)
                  WHERE outcome = 'delivered'`,
      id,
      RECENT,
    )
    .one().at;
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

export interface AttemptQuery {
  /** The attempt that the page before ended with. */
  readonly before: { readonly seq: number; readonly number: number } | null;
  readonly outcome: string | null;
  readonly limit: number;
}

/** From the end of the log backwards, and of one event the last attempt first. */
export function listAttempts({ sql }: Database, id: string, query: AttemptQuery): AttemptRow[] {
  return sql
    .exec<AttemptRow>(
      /* sql */ `SELECT seq, number, at, duration_ms, outcome, status, detail, next_at
                   FROM attempt
                  WHERE endpoint = ?1
                    AND (?2 IS NULL OR (seq, number) < (?2, ?3))
                    AND (?4 IS NULL OR outcome = ?4)
                  ORDER BY seq DESC, number DESC
                  LIMIT ?5`,
      id,
      query.before?.seq ?? null,
      query.before?.number ?? null,
      query.outcome,
      query.limit,
    )
    .toArray();
}

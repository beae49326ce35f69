// The durable side of a drain: which events an endpoint should have now, and what became of those it was sent.
import { wants } from '../delivery/filter.ts';
import type { Attempt, Outcome } from '../delivery/outcome.ts';
import { MAX_RETRY_AFTER_MS, nextTry } from '../delivery/schedule.ts';
import type { PublicEvent } from '../event/event.ts';
import type { Database } from './database.ts';
import { readEndpoint, type Endpoint } from './endpoints.ts';
import { head, readEvents, readLog } from './log.ts';

/** Few enough that a crash repeats little, many enough that the transactions do not count. */
const WINDOW = 200;
/** The part of a window that due retries may take: new events go first. */
const RETRIES_A_WINDOW = 50;
/** With this many events waiting for a retry the receiver is down: the cursor stands until they are through. */
const MAX_WAITING = 100;

export interface Window {
  readonly endpoint: Endpoint;
  readonly events: readonly PublicEvent[];
  /** Where the cursor goes once all of the window's new events were tried. */
  readonly upTo: number;
}

export interface Clock {
  readonly now: () => number;
  readonly random: () => number;
}

/** The next window of an endpoint; null when there is nothing to send at present. */
export function takeWindow(db: Database, team: string, id: string, now: number): Window | null {
  for (;;) {
    const endpoint = readEndpoint(db, id);
    if (endpoint === null || endpoint.state === 'disabled' || endpoint.notBefore > now) return null;
    const waiting = waitingOf(db, id);
    const standing = waiting >= (endpoint.ordered ? 1 : MAX_WAITING);
    const limit = endpoint.ordered ? 1 : WINDOW - RETRIES_A_WINDOW;
    const page = standing
      ? { events: [], upTo: endpoint.cursor }
      : readLog(db, team, { after: endpoint.cursor, limit, matches: (event) => wants(endpoint.events, event.type) });
    const retries = waiting === 0 ? [] : readEvents(db, team, dueRetries(db, id, now));
    const events = [...page.events, ...retries];
    if (events.length > 0) return { endpoint, events, upTo: page.upTo };
    if (page.upTo === endpoint.cursor) return null;
    // Nothing here that it wants: the cursor passes, and the search goes on.
    db.sql.exec(/* sql */ `UPDATE endpoint SET cursor = ? WHERE id = ?`, page.upTo, id);
  }
}

/** Records a window's attempts, the retries they lead to and the cursor, in one transaction. */
export function recordWindow(db: Database, window: Window, attempts: readonly Attempt[], clock: Clock): void {
  const { id, cursor } = window.endpoint;
  db.transaction(() => {
    const endpoint = readEndpoint(db, id);
    // Deleted or replayed meanwhile: the cursor has a new owner, and what was sent may come once more.
    if (endpoint === null || endpoint.cursor !== cursor) return;
    for (const attempt of attempts) recordAttempt(db, id, attempt, attempt.seq > cursor, clock);
    const untried = window.events.slice(attempts.length).find((event) => event.seq > cursor);
    const next = untried === undefined ? window.upTo : untried.seq - 1;
    if (next !== cursor) db.sql.exec(/* sql */ `UPDATE endpoint SET cursor = ? WHERE id = ?`, next, id);
    if (endpoint.reason !== null) {
      db.sql.exec(/* sql */ `UPDATE endpoint SET reason = NULL WHERE id = ? AND state = 'enabled'`, id);
    }
  });
}

function recordAttempt(db: Database, id: string, attempt: Attempt, isNew: boolean, { now, random }: Clock): void {
  const { seq, outcome } = attempt;
  const tries = isNew ? 1 : triesOf(db, id, seq) + 1;
  const nextAt = outcome.kind === 'retry' ? nextTry(tries, outcome.afterMs, now(), random()) : null;
  insertAttempt(db, id, attempt, outcome.kind === 'retry' && nextAt === null ? 'exhausted' : outcome.kind, nextAt);
  // An event that the receiver refused with 410 is not lost: it waits with the endpoint for whoever enables it again.
  const due = outcome.kind === 'gone' ? now() : nextAt;
  if (due !== null) {
    db.sql.exec(
      /* sql */ `INSERT OR REPLACE INTO retry (endpoint, seq, tries, due) VALUES (?, ?, ?, ?)`,
      id,
      seq,
      tries,
      due,
    );
  } else if (!isNew) {
    db.sql.exec(/* sql */ `DELETE FROM retry WHERE endpoint = ? AND seq = ?`, id, seq);
  }
  if (outcome.kind === 'gone') {
    db.sql.exec(/* sql */ `UPDATE endpoint SET state = 'disabled', reason = ? WHERE id = ?`, outcome.detail, id);
  }
  if (outcome.kind === 'retry' && outcome.afterMs !== null) {
    const notBefore = now() + Math.min(outcome.afterMs, MAX_RETRY_AFTER_MS);
    db.sql.exec(/* sql */ `UPDATE endpoint SET not_before = max(not_before, ?) WHERE id = ?`, notBefore, id);
  }
}

type Recorded = Outcome['kind'] | 'exhausted';

function insertAttempt(
  { sql }: Database,
  id: string,
  attempt: Attempt,
  outcome: Recorded,
  nextAt: number | null,
): void {
  const detail = attempt.outcome.kind === 'delivered' ? null : attempt.outcome.detail;
  sql.exec(
    /* sql */ `INSERT INTO attempt (endpoint, seq, number, at, duration_ms, outcome, status, detail, next_at)
               SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3, ?4, ?5, ?6, ?7, ?8
                 FROM attempt
                WHERE endpoint = ?1 AND seq = ?2`,
    id,
    attempt.seq,
    attempt.at,
    attempt.durationMs,
    outcome,
    attempt.outcome.status,
    detail,
    nextAt,
  );
}

function triesOf({ sql }: Database, id: string, seq: number): number {
  const [row] = sql.exec<{ tries: number }>(
    /* sql */ `SELECT tries FROM retry WHERE endpoint = ? AND seq = ?`,
    id,
    seq,
  );
  return row?.tries ?? 0;
}

/** How many events wait for a retry. */
export function waitingOf({ sql }: Database, id: string): number {
  return sql.exec<{ n: number }>(/* sql */ `SELECT count(*) AS n FROM retry WHERE endpoint = ?`, id).one().n;
}

function dueRetries({ sql }: Database, id: string, now: number): number[] {
  return sql
    .exec<{ seq: number }>(
      /* sql */ `SELECT seq FROM retry WHERE endpoint = ? AND due <= ? ORDER BY due, seq LIMIT ?`,
      id,
      now,
      RETRIES_A_WINDOW,
    )
    .toArray()
    .map(({ seq }) => seq);
}

export interface Due {
  readonly id: string;
  readonly due: number;
}

/** When each enabled endpoint has something to do: at once where its cursor may move on, else when a retry is due. */
export function dueTimes(db: Database): readonly Due[] {
  return db.sql
    .exec<{ id: string; due: number | null }>(
      /* sql */ `SELECT id,
                        max(not_before, CASE WHEN cursor < ?1 AND (waiting = 0 OR (ordered = 0 AND waiting < ?2))
                                             THEN 0
                                             ELSE due END) AS due
                   FROM (SELECT endpoint.id, endpoint.not_before, endpoint.cursor, endpoint.ordered,
                                count(retry.seq) AS waiting, min(retry.due) AS due
                           FROM endpoint
                           LEFT JOIN retry ON retry.endpoint = endpoint.id
                          WHERE endpoint.state = 'enabled'
                          GROUP BY endpoint.id)`,
      head(db),
      MAX_WAITING,
    )
    .toArray()
    .flatMap(({ id, due }) => (due === null ? [] : { id, due }));
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
  readonly before: number | null;
  readonly outcome: string | null;
  readonly limit: number;
}

/** The newest attempts first, before a position. */
export function listAttempts({ sql }: Database, id: string, query: AttemptQuery): AttemptRow[] {
  return sql
    .exec<AttemptRow>(
      /* sql */ `SELECT seq, number, at, duration_ms, outcome, status, detail, next_at
                   FROM attempt
                  WHERE endpoint = ?1
                    AND (?2 IS NULL OR seq < ?2)
                    AND (?3 IS NULL OR outcome = ?3)
                  ORDER BY seq DESC, number DESC
                  LIMIT ?4`,
      id,
      query.before,
      query.outcome,
      query.limit,
    )
    .toArray();
}

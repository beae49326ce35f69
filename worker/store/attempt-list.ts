// Reads attempts: those at one endpoint from the end of the log backwards, those at one event, and one with all that is kept of it.
import type { Exchange } from '../delivery/exchange.ts';
import type { AttemptName, AttemptRow, Held } from './attempts.ts';
import type { Database } from './database.ts';

/** Null asks for all. */
export interface AttemptQuery {
  /** Where the page before ended. */
  readonly before: AttemptName | null;
  /** The position of an event. */
  readonly event: number | null;
  readonly status: StatusRange | 'none' | null;
  readonly outcome: string | null;
  readonly since: number | null;
  readonly until: number | null;
  readonly limit: number;
}

export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

export interface AttemptPage {
  readonly attempts: readonly AttemptRow[];
  /** All from the end of the log down to here has been looked at; null where that is all there is. */
  readonly next: AttemptName | null;
}

/** One look reads no more than this: what matches nothing must not hold the team's object. */
const MAX_SCANNED = 5_000;

/** From the end of the log backwards, and of one event the last attempt first. */
export function listAttempts({ sql }: Database, id: string, query: AttemptQuery): AttemptPage {
  const rows = sql.exec<AttemptRow>(
    /* sql */ `SELECT seq, number, at, duration_ms, outcome, status, detail, next_at
                 FROM attempt
                WHERE endpoint = ?1
                  AND seq BETWEEN ?2 AND ?3
                  AND (?4 IS NULL OR (seq, number) < (?4, ?5))
                ORDER BY seq DESC, number DESC`,
    id,
    query.event ?? 0,
    query.event ?? query.before?.seq ?? Number.MAX_SAFE_INTEGER,
    query.before?.seq ?? null,
    query.before?.number ?? null,
  );
  const attempts: AttemptRow[] = [];
  let scanned = 0;
  let next: AttemptName | null = null;
  for (const row of rows) {
    if (attempts.length === query.limit || scanned === MAX_SCANNED) return { attempts, next };
    if (isAsked(row, query)) attempts.push(row);
    next = { seq: row.seq, number: row.number };
    scanned += 1;
  }
  return { attempts, next: null };
}

function isAsked({ at, outcome, status }: AttemptRow, query: AttemptQuery): boolean {
  return (
    (query.outcome === null || outcome === query.outcome) &&
    (query.since === null || at >= query.since) &&
    (query.until === null || at < query.until) &&
    (query.status === null || isIn(query.status, status))
  );
}

function isIn(range: StatusRange | 'none', status: number | null): boolean {
  if (range === 'none' || status === null) return range === 'none' && status === null;
  return status >= range.from && status <= range.to;
}

/** More than an event can come to, unless it is replayed without end. */
const MAX_OF_EVENT = 1_000;

/** Of one event at all endpoints, the newest first. */
export function attemptsOf({ sql }: Database, seq: number): (AttemptRow & { endpoint: string })[] {
  return sql
    .exec<AttemptRow & { endpoint: string }>(
      /* sql */ `SELECT endpoint, seq, number, at, duration_ms, outcome, status, detail, next_at
                   FROM attempt
                  WHERE endpoint IN (SELECT id FROM endpoint)
                    AND seq = ?
                  ORDER BY at DESC, endpoint, number DESC
                  LIMIT ?`,
      seq,
      MAX_OF_EVENT,
    )
    .toArray();
}

/** An attempt with all that is kept of it. */
export interface FullAttempt {
  readonly row: AttemptRow;
  /** Null where nothing was sent, or nothing was kept yet of what was. */
  readonly exchange: Exchange | null;
  /** The attempt that it shared its request with and that holds what is kept of it. */
  readonly lead: AttemptName | null;
}

export function readAttempt(db: Database, id: string, name: AttemptName): FullAttempt | null {
  const found = readRow(db, id, name);
  if (found === null) return null;
  const { exchange: text, ...row } = found;
  const held = parse(text);
  if (held === null || !('with' in held)) return { row, exchange: held, lead: null };
  const led = parse(readRow(db, id, held.with)?.exchange ?? null);
  return { row, exchange: led === null || 'with' in led ? null : led, lead: held.with };
}

function readRow({ sql }: Database, id: string, { seq, number }: AttemptName) {
  const [row] = sql.exec<AttemptRow & { exchange: string | null }>(
    /* sql */ `SELECT seq, number, at, duration_ms, outcome, status, detail, next_at, exchange
                 FROM attempt
                WHERE endpoint = ? AND seq = ? AND number = ?`,
    id,
    seq,
    number,
  );
  return row ?? null;
}

function parse(text: string | null): Held | null {
  return text === null ? null : (JSON.parse(text) as Held);
}

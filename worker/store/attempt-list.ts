// Reads attempts: those at some endpoints from the end of the log backwards, those at one event, and one with all that is kept of it.
import type { Exchange } from '../delivery/exchange.ts';
import type { AttemptName, AttemptRow, Held } from './attempts.ts';
import type { Database } from './database.ts';

/** Null asks for all. */
export interface AttemptQuery {
  /** Where the page before ended. */
  readonly before: AttemptPlace | null;
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

export type AttemptPlace = AttemptName & { readonly endpoint: string };
export type PlacedAttempt = AttemptRow & { readonly endpoint: string };

export interface AttemptPage {
  readonly attempts: readonly PlacedAttempt[];
  /** All from the end of the log down to here has been looked at; null where that is all there is. */
  readonly next: AttemptPlace | null;
}

/** One look reads no more than this: what matches nothing must not hold the team's object. */
const MAX_SCANNED = 5_000;

/** From the end of the log backwards, of one event by endpoint, and at one endpoint the last attempt first. */
export function listAttempts(db: Database, endpoints: readonly string[], query: AttemptQuery): AttemptPage {
  const attempts: PlacedAttempt[] = [];
  let scanned = 0;
  let next: AttemptPlace | null = null;
  for (const row of merged(endpoints.map((id) => rowsOf(db, id, query)))) {
    if (attempts.length === query.limit || scanned === MAX_SCANNED) return { attempts, next };
    if (isAsked(row, query)) attempts.push(row);
    next = { seq: row.seq, number: row.number, endpoint: row.endpoint };
    scanned += 1;
  }
  return { attempts, next: null };
}

/** Attempts are kept by endpoint: each gives its own in order, and of an event that several have the first of them goes first. */
function* merged(sources: readonly Iterator<PlacedAttempt, void>[]): Iterable<PlacedAttempt> {
  const rows = sources.map(following);
  while (true) {
    const newest = Math.max(-1, ...rows.map((row) => row?.seq ?? -1));
    const at = rows.findIndex((row) => row?.seq === newest);
    const [row, source] = [rows[at], sources[at]];
    if (row === undefined || source === undefined) return;
    yield row;
    rows[at] = following(source);
  }
}

function following(source: Iterator<PlacedAttempt, void>): PlacedAttempt | undefined {
  const { done, value } = source.next();
  return done === true ? undefined : value;
}

function* rowsOf({ sql }: Database, id: string, query: AttemptQuery): Generator<PlacedAttempt, void> {
  const before = query.before === null ? null : boundAt(id, query.before);
  const rows = sql.exec<AttemptRow>(
    /* sql */ `SELECT seq, number, at, duration_ms, outcome, status, detail, next_at
                 FROM attempt
                WHERE endpoint = ?1
                  AND seq BETWEEN ?2 AND ?3
                  AND (?4 IS NULL OR (seq, number) < (?4, ?5))
                ORDER BY seq DESC, number DESC`,
    id,
    query.event ?? 0,
    query.event ?? before?.seq ?? Number.MAX_SAFE_INTEGER,
    before?.seq ?? null,
    before?.number ?? null,
  );
  for (const row of rows) yield { endpoint: id, ...row };
}

/** What an endpoint has had of an event that a page ended in: all where it goes before the page's last, nothing where it goes after it. */
function boundAt(id: string, { endpoint, seq, number }: AttemptPlace): AttemptName {
  if (id === endpoint) return { seq, number };
  return id < endpoint ? { seq, number: 0 } : { seq: seq + 1, number: 0 };
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
export function attemptsOf({ sql }: Database, seq: number): PlacedAttempt[] {
  return sql
    .exec<PlacedAttempt>(
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

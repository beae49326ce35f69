// The repricings of a team: each is a row that holds how far it has come, so that it goes on after a crash where it was.
import { formatUsd } from '../ledger/money.ts';
import type { Period } from '../ledger/period.ts';
import type { Database } from './database.ts';
import type { EntryKey } from './ledger.ts';

export interface Repricing {
  readonly id: string;
  /** Of when the messages were begun. */
  readonly range: Period;
  /** The token that asked for it. */
  readonly by: string;
  readonly begun: number;
  /** Null while it runs. */
  readonly ended: number | null;
  /** Up to where the ledger is done; null where none of it is. */
  readonly upTo: EntryKey | null;
  readonly messages: number;
  readonly changed: number;
  readonly before: bigint;
  readonly after: bigint;
}

type Row = Record<'id' | 'made_by' | 'before' | 'after', string> &
  Record<'range_start' | 'range_end' | 'begun' | 'messages' | 'changed', number> &
  Record<'session' | 'message', string | null> & { ended: number | null };

export function newRepricing(given: Pick<Repricing, 'id' | 'range' | 'by' | 'begun'>): Repricing {
  return { ...given, ended: null, upTo: null, messages: 0, changed: 0, before: 0n, after: 0n };
}

export function writeRepricing({ sql }: Database, repricing: Repricing): void {
  const { id, range, by, begun, ended, upTo, messages, changed, before, after } = repricing;
  sql.exec(
    /* sql */ `INSERT OR REPLACE INTO repricing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    range.start,
    range.end,
    by,
    begun,
    ended,
    upTo?.session ?? null,
    upTo?.message ?? null,
    messages,
    changed,
    before.toString(),
    after.toString(),
  );
}

/** There is at most one. */
export function runningRepricing({ sql }: Database): Repricing | null {
  const [row] = sql.exec<Row>(/* sql */ `SELECT * FROM repricing WHERE ended IS NULL LIMIT 1`);
  return row === undefined ? null : parse(row);
}

export function readRepricing({ sql }: Database, id: string): Repricing | null {
  const [row] = sql.exec<Row>(/* sql */ `SELECT * FROM repricing WHERE id = ?`, id);
  return row === undefined ? null : parse(row);
}

/** The newest first. */
export function listRepricings({ sql }: Database, limit: number): Repricing[] {
  return sql
    .exec<Row>(/* sql */ `SELECT * FROM repricing ORDER BY begun DESC, id DESC LIMIT ?`, limit)
    .toArray()
    .map(parse);
}

function parse(row: Row): Repricing {
  const { id, made_by: by, begun, ended, session, message, messages, changed } = row;
  return {
    id,
    range: { start: row.range_start, end: row.range_end },
    by,
    begun,
    ended,
    upTo: session === null || message === null ? null : { session, message },
    messages,
    changed,
    before: BigInt(row.before),
    after: BigInt(row.after),
  };
}

/** What is said of a repricing when it has ended. */
export function reportOf({ id, by, range, messages, changed, before, after }: Repricing) {
  return {
    id,
    by,
    ...rangeOf(range),
    messages,
    changed,
    before_usd: formatUsd(before),
    after_usd: formatUsd(after),
  };
}

export function rangeOf({ start, end }: Period) {
  return { from: new Date(start).toISOString(), to: new Date(end).toISOString() };
}

// The ledger's tables: entries, and the dimensions that they are grouped by.
import { DIMENSIONS, type Dimension } from '../ledger/dimension.ts';
import type { Basis } from '../ledger/basis.ts';
import type { Discard } from '../ledger/discard.ts';
import type { Entry, State } from '../ledger/entry.ts';
import type { NanoUsd } from '../ledger/money.ts';
import type { Stamp } from '../event/stamp.ts';
import type { Database } from './database.ts';
import { writeRows } from './rows.ts';

/** The number of a dimension, stored now where it is new. */
export function dimensionId(db: Database, dimension: Dimension): number {
  return idOfKey(db, JSON.stringify(DIMENSIONS.map((name) => dimension[name])));
}

function idOfKey({ sql, intern }: Database, key: string): number {
  return intern(`dimension:${key}`, () => {
    sql.exec(/* sql */ `INSERT INTO dimension SELECT NULL, ?1, ${PARTS} WHERE true ON CONFLICT DO NOTHING`, key);
    return sql.exec<{ id: number }>(/* sql */ `SELECT id FROM dimension WHERE key = ?`, key).one().id;
  });
}

const PARTS = DIMENSIONS.map((_, index) => `?1->>${index}`).join(', ');

/** The dimension that differs from another in one part. */
export function dimensionWith(db: Database, id: number, name: 'basis' | 'state', value: Basis | State): number {
  return db.intern(`dimension:${id}:${value}`, () => {
    const { key } = db.sql.exec<{ key: string }>(/* sql */ `SELECT key FROM dimension WHERE id = ?`, id).one();
    const parts = JSON.parse(key) as (string | null)[];
    return idOfKey(db, JSON.stringify(parts.with(DIMENSIONS.indexOf(name), value)));
  });
}

type EntryRow = {
  message: string;
  session: string;
  dimension: number;
  at: number;
  finished: number;
  live: number;
  input: number;
  output: number;
  reasoning: number;
  cache_read: number;
  cache_write: number;
  cost: number;
  reported: number;
  list: number | null;
  price: number | null;
  stamp: string;
  basis: string;
  state: string;
};

export type EntryKey = Pick<Entry, 'session' | 'message'>;

/** A message is known by its session too, so that a session's entries lie side by side. Names hold spaces but no line feed. */
export function entryKey({ session, message }: EntryKey): string {
  return `${session}\n${message}`;
}

/** The entries that are held for some messages. */
export function readEntries({ sql }: Database, asked: readonly EntryKey[]): Entry[] {
  if (asked.length === 0) return [];
  return sql
    .exec<EntryRow>(
      /* sql */ `SELECT entry.*, basis, state
                   FROM json_each(?) AS wanted
                   JOIN entry
                     ON entry.session = wanted.value->>0
                    AND entry.message = wanted.value->>1
                   JOIN dimension ON dimension.id = entry.dimension`,
      JSON.stringify(asked.map(({ session, message }) => [session, message])),
    )
    .toArray()
    .map(parseEntry);
}

/** So many are exact as sums of numbers, whatever they cost, and no burden to hold at once. */
export const SLICE = 1_000;

/** The entries that some discards mean and that none meant before, slice by slice: a session may have very many. */
export function* readKept(db: Database, discards: readonly Discard[]): Generator<Entry[]> {
  const single = discards.flatMap(({ session, message }) => (message === null ? [] : [{ session, message }]));
  yield readEntries(db, single).filter(({ state }) => state === 'kept');
  for (const { session, message, until } of discards) {
    if (message === null) yield* readKeptOf(db, session, until);
  }
}

function* readKeptOf({ sql }: Database, session: string, until: number): Generator<Entry[]> {
  let after: string | undefined = '';
  while (after !== undefined) {
    const slice: Entry[] = sql
      .exec<EntryRow>(
        /* sql */ `SELECT entry.*, basis, state
                     FROM entry
                     JOIN dimension ON dimension.id = entry.dimension
                    WHERE session = ? AND message > ? AND at <= ? AND state = 'kept'
                    ORDER BY message
                    LIMIT ?`,
        session,
        after,
        until,
        SLICE,
      )
      .toArray()
      .map(parseEntry);
    yield slice;
    after = slice.length < SLICE ? undefined : slice.at(-1)?.message;
  }
}

export interface SliceRow {
  readonly entry: Entry;
  readonly provider: string;
  readonly model: string;
}

/** The next entries of the ledger in the order of its key. */
export function readSlice({ sql }: Database, after: EntryKey | null, limit: number): SliceRow[] {
  return sql
    .exec<EntryRow & { provider: string; model: string }>(
      /* sql */ `SELECT entry.*, basis, state, provider, model
                   FROM entry
                   JOIN dimension ON dimension.id = entry.dimension
                  WHERE (session, message) > (?, ?)
                  ORDER BY session, message
                  LIMIT ?`,
      after?.session ?? '',
      after?.message ?? '',
      limit,
    )
    .toArray()
    .map(({ provider, model, ...row }) => ({ entry: parseEntry(row), provider, model }));
}

function parseEntry(row: EntryRow): Entry {
  const { input, output, reasoning, cache_read, cache_write, ...rest } = row;
  return {
    ...rest,
    finished: row.finished === 1,
    live: row.live === 1,
    tokens: { input, output, reasoning, cache_read, cache_write },
    cost: row.cost as NanoUsd,
    reported: row.reported as NanoUsd,
    list: row.list as NanoUsd | null,
    basis: row.basis as Basis,
    state: row.state as State,
    stamp: row.stamp as Stamp,
  };
}

export function writeEntries({ sql }: Database, entries: readonly Entry[]): void {
  const rows = entries.map((entry) => [
    entry.session,
    entry.message,
    entry.dimension,
    entry.at,
    entry.finished ? 1 : 0,
    entry.live ? 1 : 0,
    entry.tokens.input,
    entry.tokens.output,
    entry.tokens.reasoning,
    entry.tokens.cache_read,
    entry.tokens.cache_write,
    entry.cost,
    entry.reported,
    entry.list,
    entry.price,
    entry.stamp,
  ]);
  writeRows(sql, /* sql */ `INSERT OR REPLACE INTO entry`, rows);
}

// The ledger's tables: entries, and the sums that are kept beside them.
import { DIMENSIONS, type Dimension } from '../ledger/dimension.ts';
import type { Entry } from '../ledger/entry.ts';
import type { NanoUsd } from '../ledger/money.ts';
import { add, hourOf, noSums, SUMS, type Sums } from '../ledger/rollup.ts';
import type { Stamp } from '../event/stamp.ts';
import type { Database } from './database.ts';
import { ADD_SUMS, writeRows } from './rows.ts';

/** The number of a dimension, stored now where it is new. */
export function dimensionId({ sql, intern }: Database, dimension: Dimension): number {
  const key = JSON.stringify(DIMENSIONS.map((name) => dimension[name]));
  return intern(`dimension:${key}`, () => {
    sql.exec(
      /* sql */ `INSERT INTO dimension (key, member, project, project_name, branch, host, town, rig, role, worker, bead,
                                        provider, model, variant, agent, kind)
                 SELECT ?1, ?1->>0, ?1->>1, ?1->>2, ?1->>3, ?1->>4, ?1->>5, ?1->>6, ?1->>7, ?1->>8, ?1->>9,
                        ?1->>10, ?1->>11, ?1->>12, ?1->>13, ?1->>14
                  WHERE true
                     ON CONFLICT DO NOTHING`,
      key,
    );
    return sql.exec<{ id: number }>(/* sql */ `SELECT id FROM dimension WHERE key = ?`, key).one().id;
  });
}

type EntryRow = {
  message: string;
  session: string;
  dimension: number;
  at: number;
  finished: number;
  input: number;
  output: number;
  reasoning: number;
  cache_read: number;
  cache_write: number;
  cost: number;
  stamp: string;
};

/** A message is known by its session too, so that a session's entries lie side by side. Names hold spaces but no line feed. */
export function entryKey({ session, message }: { readonly session: string; readonly message: string }): string {
  return `${session}\n${message}`;
}

/** The entries that are held for the messages of `asked`, by their key. */
export function readEntries({ sql }: Database, asked: readonly Entry[]): Map<string, Entry> {
  const rows = sql.exec<EntryRow>(
    /* sql */ `SELECT entry.*
                 FROM json_each(?) AS wanted
                 JOIN entry
                   ON entry.session = wanted.value->>0
                  AND entry.message = wanted.value->>1`,
    JSON.stringify(asked.map(({ session, message }) => [session, message])),
  );
  return new Map(rows.toArray().map((row) => [entryKey(row), parseEntry(row)]));
}

function parseEntry({ message, session, dimension, at, finished, cost, stamp, ...tokens }: EntryRow): Entry {
  const { input, output, reasoning, cache_read, cache_write } = tokens;
  return {
    message,
    session,
    dimension,
    at,
    finished: finished === 1,
    tokens: { input, output, reasoning, cache_read, cache_write },
    cost: cost as NanoUsd,
    stamp: stamp as Stamp,
  };
}

export function writeEntries({ sql }: Database, entries: readonly Entry[]): void {
  if (entries.length === 0) return;
  const rows = entries.map(({ message, session, dimension, at, finished, tokens, cost, stamp }) => [
    session,
    message,
    dimension,
    at,
    finished ? 1 : 0,
    tokens.input,
    tokens.output,
    tokens.reasoning,
    tokens.cache_read,
    tokens.cache_write,
    cost,
    stamp,
  ]);
  writeRows(sql, /* sql */ `INSERT OR REPLACE INTO entry`, rows);
}

export interface RollupChange {
  readonly bucket: number;
  readonly dimension: number;
  readonly sums: Sums;
}

/** Adds to the buckets and to the hours that they lie in. */
export function addToRollups(db: Database, changes: readonly RollupChange[]): void {
  if (changes.length === 0) return;
  const hours = new Map<string, RollupChange>();
  for (const { bucket, dimension, sums } of changes) {
    const hour = hourOf(bucket);
    const key = `${hour}:${dimension}`;
    const change = hours.get(key) ?? { bucket: hour, dimension, sums: noSums() };
    hours.set(key, change);
    add(change.sums, sums, 1);
  }
  addTo(db, 'rollup', changes);
  addTo(db, 'rollup_hour', [...hours.values()]);
}

function addTo({ sql }: Database, table: 'rollup' | 'rollup_hour', changes: readonly RollupChange[]): void {
  const rows = changes.map(({ bucket, dimension, sums }) => [bucket, dimension, ...SUMS.map((name) => sums[name])]);
  writeRows(
    sql,
    /* sql */ `INSERT INTO ${table}`,
    rows,
    /* sql */ `ON CONFLICT (bucket, dimension) DO UPDATE
                  SET ${ADD_SUMS}`,
  );
}

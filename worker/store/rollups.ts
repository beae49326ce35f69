// The sums that are kept beside the entries: by session, of all sessions, by the hour, and of what came late.
import { add, BUCKET_MS, bucketOf, HOUR_MS, hourOf, noSums, SUMS, type Sums } from '../ledger/rollup.ts';
import type { Database } from './database.ts';
import { ADD_SUMS, writeRows } from './rows.ts';

/** By how much the sums of a bucket, session and dimension change. */
export interface RollupChange {
  readonly bucket: number;
  readonly session: string;
  readonly dimension: number;
  readonly sums: Sums;
}

export function addToRollups(db: Database, changes: readonly RollupChange[], received: number): void {
  addTo(db, 'rollup_session', changes, ({ bucket, session, dimension }) => [bucket, session, dimension]);
  addTo(db, 'rollup', changes, ({ bucket, dimension }) => [bucket, dimension]);
  addTo(db, 'rollup_hour', changes, ({ bucket, dimension }) => [hourOf(bucket), dimension]);
  addToLate(db, changes, received);
}

type Key = readonly (string | number)[];

/** One row for each key, however many changes fall on it: a row that is written twice is paid for twice. */
function addTo(
  { sql }: Database,
  table: 'rollup' | 'rollup_hour' | 'rollup_session',
  changes: readonly RollupChange[],
  keyOf: (change: RollupChange) => Key,
): void {
  const summed = new Map<string, { readonly key: Key; readonly sums: Sums }>();
  for (const change of changes) {
    const key = keyOf(change);
    const name = key.join('\n');
    const row = summed.get(name) ?? { key, sums: noSums() };
    summed.set(name, row);
    add(row.sums, change.sums, 1);
  }
  const rows = [...summed.values()].map(({ key, sums }) => [...key, ...SUMS.map((name) => sums[name])]);
  writeRows(sql, /* sql */ `INSERT INTO ${table}`, rows, /* sql */ `ON CONFLICT DO UPDATE SET ${ADD_SUMS}`);
}

/** What comes within the hour is no correction: the spool of a laptop that was shut takes a while. */
export const CLOSED_AFTER_MS = HOUR_MS;

/** When it came is kept to the quarter of an hour: periods end on one, so that this decides nothing and saves rows. */
function addToLate({ sql }: Database, changes: readonly RollupChange[], received: number): void {
  const late = changes.filter(
    ({ bucket, sums }) => sums.cost !== 0 && received >= bucket + BUCKET_MS + CLOSED_AFTER_MS,
  );
  const tail = /* sql */ `ON CONFLICT DO UPDATE SET cost = cost + excluded.cost`;
  const came = bucketOf(received);
  const bySession = late.map(({ bucket, session, dimension, sums }) => [bucket, session, dimension, came, sums.cost]);
  writeRows(sql, /* sql */ `INSERT INTO late_session`, bySession, tail);
  const hours = Map.groupBy(late, ({ bucket, dimension }) => `${hourOf(bucket)} ${dimension}`);
  const byHour = [...hours.values()].flatMap((all) => {
    const cost = all.reduce((sum, { sums }) => sum + sums.cost, 0);
    return all.slice(0, 1).map(({ bucket, dimension }) => [hourOf(bucket), dimension, came, cost]);
  });
  writeRows(sql, /* sql */ `INSERT INTO late_hour`, byHour, tail);
}

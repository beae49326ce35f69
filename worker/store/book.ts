// A batch's entries on their way into the ledger: each takes the place of the one before it, and the sums beside the ledger
// change by just the difference.
import type { Entry } from '../ledger/entry.ts';
import { add, bucketOf, noSums, sumsOf, type Sums } from '../ledger/rollup.ts';
import type { Database } from './database.ts';
import { entryKey, writeEntries, type EntryKey } from './ledger.ts';
import { addToRollups, type RollupChange } from './rollups.ts';

export interface Book {
  /** The entry of a message as it stands now. */
  readonly find: (key: EntryKey) => Entry | undefined;
  readonly enter: (entry: Entry) => void;
  /** The earliest moment at which anything was changed. */
  readonly since: () => number;
  /** Writes all and returns by how much each session's sums changed. */
  readonly close: (db: Database, received: number) => { readonly session: string; readonly sums: Sums }[];
}

export function openBook(held: readonly Entry[]): Book {
  const entries = new Map(held.map((entry) => [entryKey(entry), entry]));
  const written = new Map<string, Entry>();
  const rollups = new Map<string, RollupChange>();
  const sessions = new Map<string, Sums>();

  let since = Number.POSITIVE_INFINITY;

  function count(entry: Entry, sign: 1 | -1): void {
    const bucket = bucketOf(entry.at);
    since = Math.min(since, bucket);
    const { session, dimension } = entry;
    const key = `${bucket}:${dimension}:${session}`;
    const change = rollups.get(key) ?? { bucket, session, dimension, sums: noSums() };
    const total = sessions.get(session) ?? noSums();
    rollups.set(key, change);
    sessions.set(session, total);
    const sums = sumsOf(entry);
    add(change.sums, sums, sign);
    add(total, sums, sign);
  }

  return {
    find: (key) => entries.get(entryKey(key)),
    enter(entry) {
      const key = entryKey(entry);
      const before = entries.get(key);
      if (before !== undefined) count(before, -1);
      count(entry, 1);
      entries.set(key, entry);
      written.set(key, entry);
    },
    since: () => since,
    close(db, received) {
      writeEntries(db, [...written.values()]);
      addToRollups(db, [...rollups.values()], received);
      return [...sessions].map(([session, sums]) => ({ session, sums }));
    },
  };
}

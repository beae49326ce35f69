// What was reverted or deleted: remembered, so that a report that comes later is discarded too.
import type { Discard } from '../ledger/discard.ts';
import type { Database } from './database.ts';
import { entryKey, type EntryKey } from './ledger.ts';
import { writeRows } from './rows.ts';

/** Names are never empty, so the empty one can stand for all of a session. */
const ALL = '';

/** Returns what was not known before, each once: nothing else can still be kept. */
export function writeDiscards({ sql }: Database, discards: readonly Discard[]): Discard[] {
  if (discards.length === 0) return [];
  const fresh = sql
    .exec<{ session: string; message: string; until: number }>(
      /* sql */ `SELECT wanted.value->>0 AS session, wanted.value->>1 AS message, max(wanted.value->>2) AS until
                   FROM json_each(?) AS wanted
                  WHERE NOT EXISTS (SELECT 1
                                      FROM discard
                                     WHERE discard.session = wanted.value->>0
                                       AND discard.message = wanted.value->>1
                                       AND discard.until >= wanted.value->>2)
                  GROUP BY wanted.value->>0, wanted.value->>1`,
      JSON.stringify(discards.map(({ session, message, until }) => [session, message ?? ALL, until])),
    )
    .toArray();
  writeRows(
    sql,
    /* sql */ `INSERT INTO discard`,
    fresh.map(({ session, message, until }) => [session, message, until]),
    /* sql */ `ON CONFLICT DO UPDATE SET until = excluded.until`,
  );
  return fresh.map(({ session, message, until }) => ({ session, message: message === ALL ? null : message, until }));
}

/** The keys of those messages that are discarded. Of most sessions nothing is: they are asked for first. */
export function readDiscards({ sql }: Database, asked: readonly (EntryKey & { at: number })[]): ReadonlySet<string> {
  const touched = new Set(
    sql
      .exec<{ session: string }>(
        /* sql */ `SELECT wanted.value AS session
                     FROM json_each(?) AS wanted
                    WHERE EXISTS (SELECT 1 FROM discard WHERE discard.session = wanted.value)`,
        JSON.stringify([...new Set(asked.map(({ session }) => session))]),
      )
      .toArray()
      .map(({ session }) => session),
  );
  const suspects = asked.filter(({ session }) => touched.has(session));
  if (suspects.length === 0) return new Set();
  const discarded = sql.exec<{ session: string; message: string }>(
    /* sql */ `SELECT wanted.value->>0 AS session, wanted.value->>1 AS message
                 FROM json_each(?1) AS wanted
                WHERE EXISTS (SELECT 1
                                FROM discard
                               WHERE discard.session = wanted.value->>0
                                 AND discard.message IN (?2, wanted.value->>1)
                                 AND discard.until >= wanted.value->>2)`,
    JSON.stringify(suspects.map(({ session, message, at }) => [session, message, at])),
    ALL,
  );
  return new Set(discarded.toArray().map(entryKey));
}

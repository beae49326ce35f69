// What was reverted or deleted: remembered, so that a report that comes later is discarded too.
import type { Discard } from '../ledger/discard.ts';
import type { Database } from './database.ts';
import { writeRows } from './rows.ts';

export type Discarded = (session: string, message: string) => boolean;

/** Names are never empty, so the empty one can stand for all of a session. */
const ALL = '';

export function writeDiscards({ sql }: Database, discards: readonly Discard[]): void {
  const rows = discards.map(({ session, message }) => [session, message ?? ALL]);
  writeRows(sql, /* sql */ `INSERT OR IGNORE INTO discard`, rows);
}

/** What is discarded of some sessions. */
export function readDiscards({ sql }: Database, sessions: ReadonlySet<string>): Discarded {
  const held = new Map<string, Set<string>>();
  const rows = sql.exec<{ session: string; message: string }>(
    /* sql */ `SELECT discard.session, discard.message
                 FROM json_each(?) AS wanted
                 JOIN discard ON discard.session = wanted.value`,
    JSON.stringify([...sessions]),
  );
  for (const { session, message } of rows) held.set(session, (held.get(session) ?? new Set()).add(message));
  return (session, message) => {
    const messages = held.get(session);
    return messages !== undefined && (messages.has(ALL) || messages.has(message));
  };
}

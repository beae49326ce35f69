// Old mail goes, read or not, and the log says so: the mailboxes stay a fold of it.
import type { Database } from './database.ts';
import { emit } from './emit.ts';
import type { Expired } from './mail.ts';

const SLICE = 500;

/** Drops a slice of what was sent before a time; whether there may be more. */
export function expireMail(db: Database, before: number, now: number): boolean {
  const { sql } = db;
  const oldest = sql
    .exec<{ n: number; at: number }>(/* sql */ `SELECT n, at FROM mail ORDER BY n LIMIT ?`, SLICE)
    .toArray();
  const young = oldest.findIndex(({ at }) => at >= before);
  const old = oldest.slice(0, young === -1 ? oldest.length : young);
  const upto = old.at(-1)?.n;
  if (upto === undefined) return false;
  const { unread } = sql
    .exec<{ unread: number }>(
      /* sql */ `SELECT count(*) AS unread FROM mail_copy WHERE n <= ? AND state = 'unread'`,
      upto,
    )
    .one();
  const expired: Expired = { upto, mails: old.length, unread };
  db.transaction(() => emit(db, now, [{ type: 'mail.expired', data: expired }]));
  return old.length === SLICE;
}

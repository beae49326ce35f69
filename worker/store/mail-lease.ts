// Lends unread mail to readers. A lease is no part of the log: should it be lost, its mail comes again, as it does when it ends.
import type { Message } from '../mail/message.ts';
import type { Database } from './database.ts';
import type { Mail } from './mailbox.ts';

export interface Lease {
  readonly id: string;
  readonly until: number;
}

export interface LeaseQuery {
  readonly addresses: readonly string[];
  readonly limit: number;
}

/** With those of the asked mailboxes that it lies in: to a reader of several it comes once. */
export type LeasedMail = Mail & { readonly addresses: readonly string[] };

/** The most urgent first, of those the oldest. */
export function leaseMail(
  { sql }: Database,
  { addresses, limit }: LeaseQuery,
  lease: Lease,
  now: number,
): LeasedMail[] {
  const asked = JSON.stringify(addresses);
  const rows = sql
    .exec<{ n: number; at: number; message: string; addresses: string }>(
      /* sql */ `SELECT mail.n, mail.at, mail.message, free.addresses
                   FROM (SELECT n, min(rank) AS rank, json_group_array(address) AS addresses
                           FROM mail_copy
                          WHERE state = 'unread'
                            AND address IN (SELECT value FROM json_each(?1))
                            AND coalesce(until, 0) <= ?2
                          GROUP BY n
                          ORDER BY rank, n
                          LIMIT ?3) AS free
                   JOIN mail ON mail.n = free.n
                  ORDER BY free.rank, free.n`,
      asked,
      now,
      limit,
    )
    .toArray();
  if (rows.length === 0) return [];
  sql.exec(
    /* sql */ `UPDATE mail_copy
                  SET lease = ?1, until = ?2
                WHERE state = 'unread'
                  AND address IN (SELECT value FROM json_each(?3))
                  AND n IN (SELECT value FROM json_each(?4))
                  AND coalesce(until, 0) <= ?5`,
    lease.id,
    lease.until,
    asked,
    JSON.stringify(rows.map(({ n }) => n)),
    now,
  );
  return rows.map(({ at, message, addresses: own }) => ({
    message: JSON.parse(message) as Message,
    at,
    addresses: JSON.parse(own) as string[],
  }));
}

/** A copy, by its mailbox and its message. */
export type Copy = { address: string; id: string; state: string };

/** What a lease was last given. It stays known by it after its end, until another reader has it. */
export function copiesLeased({ sql }: Database, lease: string): Copy[] {
  return sql
    .exec<Copy>(
      /* sql */ `SELECT mail_copy.address, mail.id, mail_copy.state
                   FROM mail_copy
                   JOIN mail ON mail.n = mail_copy.n
                  WHERE mail_copy.lease = ?
                  ORDER BY mail.n, mail_copy.address`,
      lease,
    )
    .toArray();
}

/** What is still unread of it is there for others at once. */
export function endLease({ sql }: Database, lease: string): void {
  sql.exec(/* sql */ `UPDATE mail_copy SET lease = NULL, until = NULL WHERE lease = ? AND state = 'unread'`, lease);
}

export function copiesOf({ sql }: Database, address: string, ids: readonly string[]): Copy[] {
  return sql
    .exec<Copy>(
      /* sql */ `SELECT mail_copy.address, mail.id, mail_copy.state
                   FROM mail
                   JOIN mail_copy ON mail_copy.n = mail.n
                  WHERE mail.id IN (SELECT value FROM json_each(?))
                    AND mail_copy.address = ?
                  ORDER BY mail.n`,
      JSON.stringify(ids),
      address,
    )
    .toArray();
}

export interface Waiting {
  readonly unread: number;
  readonly urgent: number;
  /** When a lease ends, after which there may be more. */
  readonly until: number;
}

/** What nobody has at the moment, of some mailboxes. */
export function countWaiting({ sql }: Database, addresses: readonly string[], now: number): Waiting {
  const { unread, urgent, until } = sql
    .exec<{ unread: number; urgent: number; until: number | null }>(
      /* sql */ `SELECT count(DISTINCT n) FILTER (WHERE coalesce(until, 0) <= ?1) AS unread,
                        count(DISTINCT n) FILTER (WHERE coalesce(until, 0) <= ?1 AND rank = 0) AS urgent,
                        min(until) FILTER (WHERE until > ?1) AS until
                   FROM mail_copy
                  WHERE state = 'unread'
                    AND address IN (SELECT value FROM json_each(?2))`,
      now,
      JSON.stringify(addresses),
    )
    .one();
  return { unread, urgent, until: until ?? Number.POSITIVE_INFINITY };
}

/** Whether anything is unread anywhere, and in a session's mailbox. */
export function anyUnread({ sql }: Database): { readonly any: boolean; readonly ofSessions: boolean } {
  const from = (least: string) =>
    sql.exec<{ address: string }>(
      /* sql */ `SELECT address FROM mail_copy WHERE state = 'unread' AND address >= ? ORDER BY address LIMIT 1`,
      least,
    );
  const [any] = from('');
  const [session] = from('session:');
  return { any: any !== undefined, ofSessions: session?.address.startsWith('session:') === true };
}

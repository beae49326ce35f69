// Mailboxes as a fold of the log's `mail.*`: messages, and a copy of each for whoever it was sent to.
import type { LoggedEvent } from '../event/event.ts';
import { rankOf, type Message, type Sent } from '../mail/message.ts';
import type { Database } from './database.ts';
import { writeRows } from './rows.ts';

/** The data of `mail.acknowledged`, `mail.read` and `mail.unread`: of one mailbox, by whom. */
export interface Settled {
  readonly address: string;
  readonly ids: readonly string[];
  readonly by: string;
}

/** The data of `mail.expired`: what was sent up to a position is gone, and so many copies of it had not been read. */
export interface Expired {
  readonly upto: number;
  readonly mails: number;
  readonly unread: number;
}

export type MailEvent = 'mail.sent' | 'mail.acknowledged' | 'mail.read' | 'mail.unread' | 'mail.expired';

const APPLY: { readonly [T in MailEvent]: (db: Database, event: LoggedEvent, position: number) => void } = {
  'mail.sent': (db, { data, at }, position) => insertMail(db, data as Sent, { n: position, at }),
  // What has been read since stays so: an acknowledgement may come late.
  'mail.acknowledged': (db, { data }) =>
    settle(db, data as Settled, /* sql */ `SET state = 'acknowledged' WHERE state = 'unread'`),
  'mail.read': (db, { data }) => settle(db, data as Settled, /* sql */ `SET state = 'read' WHERE state <> 'read'`),
  'mail.unread': (db, { data }) =>
    settle(db, data as Settled, /* sql */ `SET state = 'unread', lease = NULL, until = NULL WHERE state <> 'unread'`),
  'mail.expired': (db, { data }) => deleteMail(db, (data as Expired).upto),
};

export function applyMail(db: Database, event: LoggedEvent, position: number): void {
  if (Object.hasOwn(APPLY, event.type)) APPLY[event.type as MailEvent](db, event, position);
}

function insertMail({ sql }: Database, sent: Sent, { n, at }: { readonly n: number; readonly at: number }): void {
  const { recipients, by: _by, ...message } = sent;
  sql.exec(
    /* sql */ `INSERT INTO mail (n, id, thread, at, message) VALUES (?, ?, ?, ?, ?)`,
    n,
    message.id,
    message.thread_id,
    at,
    JSON.stringify(message satisfies Message),
  );
  const rank = rankOf(message.priority);
  const copies = recipients.map((address) => [address, n, rank, 'unread']);
  writeRows(sql, /* sql */ `INSERT INTO mail_copy (address, n, rank, state)`, copies);
}

function settle({ sql }: Database, { address, ids }: Settled, change: string): void {
  sql.exec(
    `UPDATE mail_copy ${change}
        AND address = ?
        AND n IN (SELECT n FROM mail WHERE id IN (SELECT value FROM json_each(?)))`,
    address,
    JSON.stringify(ids),
  );
}

function deleteMail({ sql }: Database, upTo: number): void {
  sql.exec(/* sql */ `DELETE FROM mail_copy WHERE n <= ?`, upTo);
  sql.exec(/* sql */ `DELETE FROM mail WHERE n <= ?`, upTo);
}

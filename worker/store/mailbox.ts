// Reads mailboxes: one from a position on, a thread, a single message, and what waits.
import type { Message } from '../mail/message.ts';
import type { Database } from './database.ts';

/** `leased` is an unread copy that a reader has at the moment. */
export type CopyState = 'unread' | 'leased' | 'acknowledged' | 'read';

export interface Mail {
  readonly message: Message;
  readonly at: number;
}

export type Recipient = { readonly address: string; readonly state: CopyState };

/** In a mailbox the state is that of its copy, elsewhere that of every copy. */
export type FiledMail = Mail & { readonly recipients: readonly Recipient[] };

type Row = { n: number; at: number; message: string };

export interface MailQuery {
  /** Null for all mail of the team. */
  readonly address: string | null;
  readonly unread: boolean;
  readonly thread: string | null;
  /** What its subject, text or sender holds, in whatever case. */
  readonly q: string | null;
  readonly order: 'oldest' | 'newest';
  /** A position: the pages before ended there, in whatever order. Zero begins. */
  readonly after: number;
  readonly limit: number;
}

export interface MailPage {
  readonly mails: readonly FiledMail[];
  /** Where the next page goes on; null where there is no more. */
  readonly next: number | null;
  /** How many lie beyond this page, counted up to a thousand; null where only a look at each would tell. */
  readonly more: number | null;
}

const MOST_COUNTED = 1_000;
/** One look reads no more than this, however little of it matches. */
const MAX_SCANNED = 2_000;
const MAX_TEXT = 4_000_000;

export function listMail(db: Database, query: MailQuery, now: number): MailPage {
  const mails: FiledMail[] = [];
  let [scanned, text, upTo] = [0, 0, query.after];
  for (const { n, at, message: json } of rowsOf(db, query)) {
    if (mails.length >= query.limit || scanned >= MAX_SCANNED || text >= MAX_TEXT) {
      return { mails, next: upTo, more: countOf(db, { ...query, after: upTo }) };
    }
    const message = JSON.parse(json) as Message;
    if (holds(message, query)) mails.push({ message, at, recipients: recipientsOf(db, n, query.address, now) });
    [scanned, text, upTo] = [scanned + 1, text + json.length, n];
  }
  return { mails, next: null, more: 0 };
}

const ORDERS = {
  oldest: { beyond: '>', direction: 'ASC', begin: 0 },
  newest: { beyond: '<', direction: 'DESC', begin: Number.MAX_SAFE_INTEGER },
} as const;

function rowsOf({ sql }: Database, { address, unread, thread, order, after }: MailQuery): Iterable<Row> {
  const { beyond, direction, begin } = ORDERS[order];
  const from = after === 0 ? begin : after;
  if (address !== null) {
    return sql.exec<Row>(
      `SELECT mail.n, mail.at, mail.message
         FROM mail_copy
         JOIN mail ON mail.n = mail_copy.n
        WHERE mail_copy.address = ?1
          AND mail_copy.n ${beyond} ?2
          AND (?3 = 0 OR mail_copy.state <> 'read')
        ORDER BY mail_copy.n ${direction}`,
      address,
      from,
      Number(unread),
    );
  }
  if (thread !== null) {
    return sql.exec<Row>(
      `SELECT n, at, message FROM mail WHERE thread = ? AND n ${beyond} ? ORDER BY n ${direction}`,
      thread,
      from,
    );
  }
  return sql.exec<Row>(`SELECT n, at, message FROM mail WHERE n ${beyond} ? ORDER BY n ${direction}`, from);
}

function countOf({ sql }: Database, { address, unread, thread, q, order, after }: MailQuery): number | null {
  if (address === null || thread !== null || q !== null) return null;
  const { count } = sql
    .exec<{ count: number }>(
      `SELECT count(*) AS count
         FROM (SELECT 1
                 FROM mail_copy
                WHERE address = ?1
                  AND n ${ORDERS[order].beyond} ?2
                  AND (?3 = 0 OR state <> 'read')
                LIMIT ${MOST_COUNTED})`,
      address,
      after,
      Number(unread),
    )
    .one();
  return count;
}

function holds({ thread_id, subject, body, from }: Message, { thread, q }: MailQuery): boolean {
  if (thread !== null && thread_id !== thread) return false;
  const sought = q?.toLowerCase() ?? '';
  return [subject, body, from].some((text) => text.toLowerCase().includes(sought));
}

/** All whom it was sent to, or the one that is asked about. */
function recipientsOf({ sql }: Database, n: number, address: string | null, now: number): Recipient[] {
  return sql
    .exec<Recipient>(
      /* sql */ `SELECT address, CASE WHEN state = 'unread' AND until > ?1 THEN 'leased' ELSE state END AS state
                   FROM mail_copy
                  WHERE n = ?2
                    AND (?3 IS NULL OR address = ?3)
                  ORDER BY address`,
      now,
      n,
      address,
    )
    .toArray();
}

export function readMail(db: Database, id: string, now: number): FiledMail | null {
  const [row] = db.sql.exec<Row>(/* sql */ `SELECT n, at, message FROM mail WHERE id = ?`, id);
  if (row === undefined) return null;
  return { message: JSON.parse(row.message), at: row.at, recipients: recipientsOf(db, row.n, null, now) };
}

export function threadOf({ sql }: Database, id: string): string | null {
  const [row] = sql.exec<{ thread: string }>(/* sql */ `SELECT thread FROM mail WHERE id = ?`, id);
  return row?.thread ?? null;
}

/** Those of some mailboxes that hold at least so many unread copies. */
export function fullOf({ sql }: Database, addresses: readonly string[], most: number): string[] {
  return sql
    .exec<{ address: string }>(
      /* sql */ `SELECT address
                   FROM mail_copy
                  WHERE state = 'unread'
                    AND address IN (SELECT value FROM json_each(?))
                  GROUP BY address
                 HAVING count(*) >= ?`,
      JSON.stringify(addresses),
      most,
    )
    .toArray()
    .map(({ address }) => address);
}

/** How many copies are unread in all mailboxes. */
export function waitingOf({ sql }: Database): number {
  return sql.exec<{ unread: number }>(/* sql */ `SELECT unread FROM mail_waiting`).one().unread;
}

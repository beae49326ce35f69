// Mail on request: lines of the desk's table. What changes a mailbox is said to the log, which it is a fold of.
import { refuse, type Refusal } from './api/problem.ts';
import type { Address, Parsed } from './mail/address.ts';
import { membersOf } from './mail/group.ts';
import { messageOf, type Draft, type Mark, type Message, type Once, type Sent } from './mail/message.ts';
import { fail, ok, type Result } from './result.ts';
import type { Database } from './store/database.ts';
import type { MailEvent, Settled } from './store/mail.ts';
import { readKey, writeKey } from './store/mail-key.ts';
import { copiesLeased, copiesOf, endLease, leaseMail, type Copy } from './store/mail-lease.ts';
import { countSent, sentToday, untilTomorrow } from './store/mail-quota.ts';
import { agentsOf, LATELY_MS, noteReaders } from './store/mail-reader.ts';
import { fullOf, listMail, readMail, threadOf, waitingOf, type FiledMail, type MailQuery } from './store/mailbox.ts';

/** So many unread messages lie in one mailbox at most: nobody reads it, or somebody writes in a loop. */
const MAX_UNREAD = 1_000;
/** And so many in all of them: whoever sends in a loop need not send to one alone. */
const MAX_WAITING = 100_000;
const MAX_A_DAY = 5_000;
const MAX_RECIPIENTS = 500;
const DAYS = LATELY_MS / (24 * 3_600_000);

interface Desk {
  readonly db: Database;
  readonly by: string;
  readonly now: number;
  readonly say: (type: MailEvent, data: object) => void;
  readonly notices: { readonly changed: () => void };
}

export const mailroom = {
  sendMail(desk: Desk, id: string, draft: Draft, once: Once | null): Result<FiledMail, Refusal> {
    const { db, by, now } = desk;
    const known = once === null ? null : readKey(db, { token: by, key: once.key }, now);
    if (known !== null && known.fingerprint !== once?.fingerprint) {
      return fail(refuse('key-reused', 'this Idempotency-Key was used for another message: take a new one for each'));
    }
    const before = known === null ? null : readMail(db, known.mail, now);
    if (before !== null)
      return ok(
        asSent(
          before.message,
          before.at,
          before.recipients.map(({ address }) => address),
        ),
      );
    if (sentToday(db, by, now) >= MAX_A_DAY) return fail(quotaUsed(now));
    const recipients = recipientsOf(desk, draft);
    if (!recipients.ok) return recipients;
    const message = messageOf(draft, { id, thread: draft.replyTo === null ? null : threadOf(db, draft.replyTo) });
    if (once !== null) writeKey(db, { token: by, key: once.key }, { fingerprint: once.fingerprint, mail: id }, now);
    countSent(db, by, now);
    said(desk, 'mail.sent', { ...message, recipients: recipients.value, by } satisfies Sent);
    return ok(asSent(message, now, recipients.value));
  },

  listMail: ({ db, now }: Desk, query: MailQuery) => ok(listMail(db, query, now)),

  mail({ db, now }: Desk, id: string): Result<FiledMail, Refusal> {
    const found = readMail(db, id, now);
    return found === null ? noMail(id) : ok(found);
  },

  /** Null for a lease where there was nothing to lend. */
  leaseMail(desk: Desk, id: string, readers: readonly Parsed[], limit: number, forMs: number) {
    const { db, now } = desk;
    const agents = readers.flatMap(({ agent }) => agent ?? []);
    noteReaders(db, agents, now);
    const addresses = readers.map(({ address }) => address);
    const lease = { id, until: now + forMs };
    const mails = leaseMail(db, { addresses, limit }, lease, now);
    if (mails.length === 0) return ok({ lease: null, mails });
    desk.notices.changed();
    return ok({ lease, mails });
  },

  /** Answers with what is acknowledged now, for the first time or not. */
  acknowledgeMail(desk: Desk, of: { readonly lease: string } | { readonly address: string; readonly ids: string[] }) {
    const copies = 'lease' in of ? copiesLeased(desk.db, of.lease) : copiesOf(desk.db, of.address, of.ids);
    const unread = copies.filter(({ state }) => state === 'unread');
    for (const [address, own] of Map.groupBy(unread, (copy) => copy.address)) {
      settle(desk, 'mail.acknowledged', address, own);
    }
    return ok([...new Set(copies.map(({ id }) => id))]);
  },

  /** Of a lease that is over there is nothing to give back. */
  releaseMail({ db, notices }: Desk, lease: string): Result<null, Refusal> {
    endLease(db, lease);
    notices.changed();
    return ok(null);
  },

  markMail(desk: Desk, id: string, address: Address, mark: Mark): Result<FiledMail, Refusal> {
    const { db, now } = desk;
    const found = readMail(db, id, now);
    if (found === null) return noMail(id);
    const [copy] = copiesOf(db, address, [id]);
    if (copy === undefined) {
      return fail(refuse('not-found', `message ${id.slice(0, 80)} does not lie in the mailbox of ${address}`));
    }
    if (copy.state !== mark) settle(desk, `mail.${mark}`, address, [copy]);
    return ok({ ...found, recipients: [{ address, state: mark }] });
  },
};

function quotaUsed(now: number): Refusal {
  const detail = `a token sends at most ${MAX_A_DAY} messages a day, of UTC: wait until midnight there, and see what sends so much`;
  return refuse('mail-quota', detail, Math.ceil(untilTomorrow(now) / 1_000));
}

function noMail(id: string): Result<never, Refusal> {
  return fail(refuse('not-found', `there is no message ${id.slice(0, 80)}`));
}

function said(desk: Desk, type: MailEvent, data: object): void {
  desk.say(type, data);
  desk.notices.changed();
}

function settle(desk: Desk, type: MailEvent, address: string, copies: readonly Copy[]): void {
  said(desk, type, { address, ids: copies.map(({ id }) => id), by: desk.by } satisfies Settled);
}

/** The same whenever it is asked for again, whatever has become of it since. */
function asSent(message: Message, at: number, recipients: readonly string[]): FiledMail {
  return { message, at, recipients: recipients.map((address) => ({ address, state: 'unread' as const })) };
}

function recipientsOf({ db, now }: Desk, { to, cc }: Draft): Result<string[], Refusal> {
  const asked = [to, ...cc];
  const agents = asked.some(isGroup) ? agentsOf(db, now) : [];
  const recipients = new Set<string>();
  for (const one of asked) {
    const members = isGroup(one) ? membersOf(one, agents) : [one];
    if (members.length === 0) {
      const detail = `${one} is nobody: no source and no reader of such an address was there in the last ${DAYS} days`;
      return fail(refuse('mail-recipients', detail));
    }
    for (const member of members) recipients.add(member);
  }
  if (recipients.size > MAX_RECIPIENTS) {
    const detail = `a message goes to at most ${MAX_RECIPIENTS} mailboxes, this would go to ${recipients.size}`;
    return fail(refuse('mail-recipients', detail));
  }
  if (waitingOf(db) + recipients.size > MAX_WAITING) {
    const detail = `the team has ${waitingOf(db)} unread messages of ${MAX_WAITING}: somebody must acknowledge or read them`;
    return fail(refuse('mail-full', detail));
  }
  const [full] = fullOf(db, [...recipients], MAX_UNREAD);
  if (full === undefined) return ok([...recipients].toSorted());
  return fail(
    refuse('mailbox-full', `${full} has ${MAX_UNREAD} unread messages: somebody must acknowledge or read them`),
  );
}

function isGroup(address: string): boolean {
  return /^(?:[^:]*:)?@/.test(address);
}

// Mail: send it, look into mailboxes, lend what is unread to readers and hear that they have it.
import type { Context } from 'hono';

import { toHex } from '../access/keyring.ts';
import { randomBytes } from '../access/random.ts';
import { base32, grants } from '../access/token.ts';
import type { Draft, Mark, Once } from '../mail/message.ts';
import { fail, ok, type Result } from '../result.ts';
import type { FiledMail, Mail } from '../store/mailbox.ts';
import { readForm } from './body.ts';
import type { Api } from './context.ts';
import { ackForm, FITS, leaseForm, mailForm, markForm, parseMailbox, releaseForm } from './mail-form.ts';
import { problem, refuse, type Refusal } from './problem.ts';
import { oneOf, position, readQuery, text, whole, type Read } from './query.ts';
import { answer, ask, idOf, iso } from './team.ts';

/** Room for a text of the greatest size whose writer escapes whatever is not ASCII. */
const MAX_REQUEST = 131_072;
const TOO_LONG = refuse('body-size', `the request is larger than any message: its body ${FITS}`);

export async function postMail(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, mailForm, MAX_REQUEST);
  if (!form.ok) return problem(c, form.error.problem === 'body-size' ? TOO_LONG : form.error);
  const { thread_id: thread, reply_to: replyTo, ...given } = form.value;
  const draft: Draft = { ...given, thread, replyTo };
  const once = await onceOf(c, draft);
  if (!once.ok) return problem(c, once.error);
  const sent = await ask(c, 'sendMail', newId('mail'), draft, once.value);
  return answer(c, sent, (mail) => {
    c.header('location', `/v1/mail/${mail.message.id}`);
    return c.json({ mail: showFiled(mail) }, 201);
  });
}

/** A structured header says it in quotes (draft-ietf-httpapi-idempotency-key-header, 2.1), most clients without. */
async function onceOf(c: Context<Api>, draft: Draft): Promise<Result<Once | null, Refusal>> {
  const header = c.req.header('idempotency-key');
  if (header === undefined) return ok(null);
  const [, quoted, plain] = /^(?:"([\x20-\x21\x23-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255}))$/.exec(header) ?? [];
  const key = quoted ?? plain;
  if (key === undefined)
    return fail(refuse('key-malformed', 'it must be 1 to 255 visible ASCII characters, in quotes or without'));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(draft)));
  return ok({ key, fingerprint: toHex(new Uint8Array(digest)) });
}

const mailbox: Read<string | null> = (given) => {
  if (given === undefined) return ok(null);
  const read = parseMailbox(given);
  return read.ok ? ok(read.value.address) : fail(`${read.error}, got ${given.slice(0, 80)}`);
};

const PAGE = { after: position, limit: whole({ min: 1, max: 100, otherwise: 20 }) };
const QUERY = {
  ...PAGE,
  order: oneOf(['oldest', 'newest']),
  address: mailbox,
  unread: oneOf(['true', 'false']),
  thread: text,
  q: text,
};

export async function getMails(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, QUERY);
  if (!query.ok) return problem(c, query.error);
  const { unread: said, order: asked, ...given } = query.value;
  const [unread, order] = [said === 'true', asked ?? ('oldest' as const)];
  const { address } = given;
  if (address === null && !grants(c.var.credential, 'read')) {
    return problem(c, refuse('token-scope', 'name a mailbox by address: to read all mail needs a token of scope read'));
  }
  if (address === null && unread) {
    return problem(c, refuse('query-malformed', 'unread: name a mailbox by address, as each has a copy of its own'));
  }
  return answer(c, await ask(c, 'listMail', { ...given, unread, order }), ({ mails, ...page }) =>
    c.json({ mails: mails.map((mail) => (address === null ? showFiled(mail) : showIn(mail))), ...page }),
  );
}

export async function getThread(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, PAGE);
  if (!query.ok) return problem(c, query.error);
  const asked = { ...query.value, thread: idOf(c), address: null, unread: false, q: null, order: 'oldest' } as const;
  return answer(c, await ask(c, 'listMail', asked), ({ mails, next }) => c.json({ mails: mails.map(showFiled), next }));
}

export async function getMail(c: Context<Api>): Promise<Response> {
  return answer(c, await ask(c, 'mail', idOf(c)), (mail) => c.json({ mail: showFiled(mail) }));
}

export async function postLease(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, leaseForm);
  if (!form.ok) return problem(c, form.error);
  const { addresses, limit, lease_s: seconds } = form.value;
  const leased = await ask(c, 'leaseMail', newId('lease'), addresses, limit, seconds * 1_000);
  return answer(c, leased, ({ lease, mails }) =>
    c.json({
      lease: lease?.id ?? null,
      until: lease === null ? null : iso(lease.until),
      mails: mails.map((mail) => ({ ...show(mail), read: false, addresses: mail.addresses })),
    }),
  );
}

export async function postMailAck(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, ackForm);
  if (!form.ok) return problem(c, form.error);
  const of = 'lease' in form.value ? form.value : { ...form.value, address: form.value.address.address };
  return answer(c, await ask(c, 'acknowledgeMail', of), (acknowledged) => c.json({ acknowledged }));
}

export async function postRelease(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, releaseForm);
  if (!form.ok) return problem(c, form.error);
  return answer(c, await ask(c, 'releaseMail', form.value.lease), () => c.body(null, 204));
}

export function markMail(mark: Mark) {
  return async function postMark(c: Context<Api>): Promise<Response> {
    const form = await readForm(c, markForm);
    if (!form.ok) return problem(c, form.error);
    const marked = await ask(c, 'markMail', idOf(c), form.value.address.address, mark);
    return answer(c, marked, (mail) => c.json({ mail: showIn(mail) }));
  };
}

function show({ message, at }: Mail) {
  return { ...message, timestamp: iso(at) };
}

/** As it lies in one mailbox. */
function showIn(mail: FiledMail) {
  const state = mail.recipients[0]?.state ?? 'unread';
  return { ...show(mail), read: state === 'read', state };
}

/** As it lies in all of them. */
function showFiled(mail: FiledMail) {
  return { ...show(mail), read: mail.recipients.every(({ state }) => state === 'read'), recipients: mail.recipients };
}

function newId(prefix: string): string {
  return `${prefix}_${base32(randomBytes(10))}`;
}

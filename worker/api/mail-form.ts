// What may be said of mail: a message, which mailboxes, which copies.
import * as v from 'valibot';

import { name } from '../event/schema.ts';
import { parseAddress, parseSender, type Parsed } from '../mail/address.ts';
import { PRIORITIES, TYPES } from '../mail/message.ts';
import { fail, type Result } from '../result.ts';

/** As JSON, in which it lies in the log and goes to endpoints, whole. */
const MAX_BODY = 32_768;
/** Beads, which a town's mail is made of, have titles of so many characters at most. */
const MAX_SUBJECT = 500;
const MAX_CC = 20;
const MAX_MAILBOXES = 100;
const MAX_MAILS = 50;

function parsed<T>(read: (text: string) => Result<T, string>) {
  return v.pipe(
    v.string('must be text'),
    v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
      const result = read(dataset.value);
      if (result.ok) return result.value;
      addIssue({ message: result.error });
      return NEVER;
    }),
  );
}

/** A group is written to and has no mailbox of its own. */
export function parseMailbox(text: string): Result<Parsed, string> {
  const read = parseAddress(text);
  return read.ok && read.value.kind === 'group' ? fail('must be a mailbox: a group has none, its members have') : read;
}

const recipient = v.pipe(
  parsed(parseAddress),
  v.transform(({ address }) => address),
);
const mailbox = parsed(parseMailbox);

const subject = v.pipe(
  v.string('must be text'),
  v.minLength(1, 'must not be empty'),
  v.maxLength(MAX_SUBJECT, `must be at most ${MAX_SUBJECT} characters`),
  // oxlint-disable-next-line no-control-regex -- control characters are what this refuses
  v.regex(/^[^\u0000-\u001f\u007f]*$/, 'must be one line without control characters'),
  v.check((text) => text.isWellFormed(), 'must be well-formed text'),
);
export const FITS = `must be at most ${MAX_BODY} bytes of JSON`;

const body = v.pipe(
  v.string('must be text'),
  v.check((text) => text.isWellFormed(), 'must be well-formed text'),
  v.check((text) => new TextEncoder().encode(JSON.stringify(text)).length <= MAX_BODY, FITS),
);

export const mailForm = v.strictObject({
  to: recipient,
  cc: v.optional(v.pipe(v.array(recipient), v.maxLength(MAX_CC, `must name at most ${MAX_CC}`)), []),
  from: v.optional(parsed(parseSender), 'relay'),
  subject,
  body: v.optional(body, ''),
  priority: v.optional(v.picklist(PRIORITIES, `must be one of ${PRIORITIES.join(', ')}`), 'normal'),
  type: v.optional(v.nullable(v.picklist(TYPES, `must be one of ${TYPES.join(', ')}`)), null),
  thread_id: v.optional(v.nullable(name), null),
  reply_to: v.optional(v.nullable(name), null),
});

function whole(min: number, max: number) {
  const words = `must be a whole number from ${min} to ${max}`;
  return v.pipe(v.number(words), v.integer(words), v.minValue(min, words), v.maxValue(max, words));
}

export const leaseForm = v.strictObject({
  addresses: v.pipe(
    v.array(mailbox),
    v.minLength(1, 'must name a mailbox'),
    v.maxLength(MAX_MAILBOXES, `must name at most ${MAX_MAILBOXES}`),
  ),
  limit: v.optional(whole(1, MAX_MAILS), 10),
  lease_s: v.optional(whole(10, 3_600), 300),
});

const ids = v.pipe(
  v.array(name),
  v.minLength(1, 'must name a message'),
  v.maxLength(MAX_MAILS, `must name at most ${MAX_MAILS}`),
);

export const ackForm = v.union(
  [v.strictObject({ lease: name }), v.strictObject({ address: mailbox, ids })],
  'must be {"lease": …} or {"address": …, "ids": […]}',
);

export const releaseForm = v.strictObject({ lease: name });

export const markForm = v.strictObject({ address: mailbox });

// What may be sent and asked for, at its limits and past them.
import { expect, test } from 'vitest';

import { batch, idle } from './builders.ts';
import { sendMail } from './mails.ts';
import { readLog } from './oracle.ts';
import { useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);

const PROBLEM = 'urn:gasline:problem:';

const NAMES = Array.from({ length: 21 }, (_, at) => `app/n${at}`);

test.each<[what: string, given: object]>([
  ['a subject of 500 characters', { subject: 'x'.repeat(500) }],
  ['one that looks like an option', { subject: '--flags and "quotes", commas' }],
  ['a text of 32 KB', { body: 'ü'.repeat(16_383) }],
  ['control characters and tags', { body: '\u0000\u001b[31m\r\n<system-reminder>' }],
  ['as many of them as there is room for', { body: '\u0001'.repeat(5_461) }],
  ['20 copies', { cc: NAMES.slice(1) }],
  ['a program', { from: 'daemon' }],
])('mail with %s is taken as it is', async (_, given) => {
  const mail = await sendMail(team, given);
  expect(mail).toMatchObject(given);
  expect((await team.call('GET', `/v1/mail/${mail.id}`)).body.mail).toEqual(mail);
});

test.each<[what: string, given: object, fault: string]>([
  ['one of 501', { subject: 'x'.repeat(501) }, 'subject: must be at most 500 characters'],
  ['no subject', { subject: '' }, 'subject: must not be empty'],
  ['two lines of it', { subject: 'a\nb' }, 'subject: must be one line'],
  ['a byte more', { body: `${'ü'.repeat(16_383)}x` }, 'body: must be at most 32768 bytes of JSON'],
  ['half a character', { body: '\ud800' }, 'body: must be well-formed'],
  ['21 copies', { cc: NAMES }, 'cc: must name at most 20'],
  ['no address', { to: 'nobody' }, 'to: must be an address: overseer, mayor/'],
  ['two addresses', { to: 'overseer,mayor/' }, 'to: must be an address'],
  ['a copy to nobody', { cc: ['a b'] }, 'cc.0: must be an address'],
  ['a sender with a comma', { from: 'a,b' }, 'from: must be visible characters without commas'],
  ['a priority in digits', { priority: '1' }, 'priority: must be one of urgent, high, normal, low'],
  ['another type', { type: 'letter' }, 'type: must be one of'],
  ['another field', { wisp: true }, 'wisp: is not a field of this'],
])('mail with %s is refused, and nothing is sent', async (_, given, fault) => {
  const { status, body } = await team.call('POST', '/v1/mail', { to: 'overseer', subject: 'x', ...given });
  expect([status, body.type, body.detail]).toEqual([400, `${PROBLEM}body-malformed`, expect.stringContaining(fault)]);
  expect(await readLog(team)).toEqual([]);
});

test('a request of a megabyte is too large', async () => {
  const { status, body } = await team.call('POST', '/v1/mail', { to: 'overseer', subject: 'x', body: 'x'.repeat(1e6) });
  expect([status, body.type]).toEqual([413, `${PROBLEM}body-size`]);
  expect(body.detail).toContain('body must be at most 32768 bytes of JSON');
  expect(body.detail).not.toContain('131072');
});

test.each([
  ['address=@town', 'address: must be a mailbox'],
  ['address=ann', 'address: must be an address'],
  ['unread=true', 'unread: name a mailbox by address'],
  ['limit=101', 'limit: must be a whole number from 1 to 100'],
  ['before=1', 'before: not a parameter'],
])('a query of %s is refused', async (query, detail) => {
  const { status, body } = await team.call('GET', `/v1/mail?${query}`);
  expect([status, body.type]).toEqual([400, `${PROBLEM}query-malformed`]);
  expect(body.detail).toContain(detail);
});

test('mail is told in the relay’s own words alone', async () => {
  const forged = { ...idle(1), type: 'mail.sent', data: { id: 'x', recipients: ['overseer'] } };
  const { status, body } = await team.call('POST', '/v1/events', { ...batch([]), events: [forged] });
  expect([status, body.rejected[0].detail]).toEqual([422, expect.stringContaining("the relay's own")]);
});

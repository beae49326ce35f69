import { expect, test } from 'vitest';

import { mailsFor } from '../../worker/destination/gascity.ts';

const data = { id: 'mail_1', from: 'overseer', to: 'mayor/', subject: 'hello', body: '' };

test.each([
  ['lab', ['mayor/'], ['mayor']],
  ['lab', ['lab:mayor/', 'lab:web/nux'], ['mayor', 'web/nux']],
  ['lab', ['other:mayor/'], []],
  [null, ['lab:mayor/', 'deacon/dogs/rex'], ['deacon/dogs/rex']],
  ['lab', ['member:ann', 'session:ses_1', 'project:f00d', 'not an address'], []],
])('of a city named %s, of mail for %j, these are here: %j', (city, recipients, here) => {
  const mails = mailsFor(city, { type: 'mail.sent', data: { ...data, recipients } });
  expect(mails).toEqual(here.map((to) => ({ from: 'relay/overseer', to, subject: 'hello', body: '(mail_1)' })));
});

test('what is no mail is none', () => {
  expect(mailsFor('lab', { type: 'mail.expired', data: { ...data, recipients: ['mayor/'] } })).toEqual([]);
});

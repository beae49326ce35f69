// E-mail: to whom, what it says, and what the operator sends it with.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { mailBy, senderOf, type MailSettings } from '../../worker/delivery/mail.ts';
import type { Posting } from '../../worker/delivery/send.ts';
import { hostOf, placeOf } from '../../worker/destination/address.ts';
import { email, letterOf } from '../../worker/destination/email.ts';
import { vetMailbox } from '../../worker/destination/mailbox.ts';
import { noteOf } from '../../worker/destination/note.ts';
import { outgoing } from '../../worker/event/event.ts';
import { event } from './told.ts';

const label = 'a'.repeat(63);

describe('an endpoint', () => {
  test.each([
    'mailto:oncall@example.com',
    "MAILTO:Ann.O'Neil+x=y_z@sub.example-1.co",
    'mailto:a@b.example,c@d.example',
    `mailto:${'x'.repeat(64)}@example.com`,
    `mailto:a@${label}.com`,
    'mailto:a@xn--bcher-kva.example',
    `mailto:${Array.from({ length: 10 }, (_, at) => `a${at}@example.com`).join(',')}`,
  ])('may lead to %s', (url) => {
    expect(vetMailbox(url).ok).toBe(true);
  });

  test.each([
    'mailto:',
    'mailto:example.com',
    'mailto:a@localhost',
    'mailto:a@127.0.0.1',
    'mailto:a@[127.0.0.1]',
    'mailto:a@example.com,',
    'mailto:a@example.com, b@example.com',
    'mailto:a@example.com;b@example.com',
    'mailto:a@example.com?bcc=b@example.com',
    'mailto:a%0Abcc:b@example.com',
    'mailto:a@example.com\r\nbcc:b@example.com',
    'mailto:a@exam\nple.com',
    'mailto:"a b"@example.com',
    'mailto:Ann <a@example.com>',
    'mailto:.a@example.com',
    'mailto:a..b@example.com',
    'mailto:a@-example.com',
    'mailto:a@example.com#x',
    'mailto://a@example.com',
    'mailto:ä@example.com',
    `mailto:${'x'.repeat(65)}@example.com`,
    `mailto:a@${label}a.com`,
    `mailto:a@${Array.from({ length: 4 }, () => label).join('.')}.com`,
    `mailto:${Array.from({ length: 11 }, (_, at) => `a${at}@example.com`).join(',')}`,
    'https://example.com/?to=a@example.com',
  ])('may not lead to %j', (url) => {
    expect(vetMailbox(url)).toMatchObject({ ok: false, error: expect.stringMatching(/^url must /) });
  });

  test('that may lead somewhere leads to addresses alone, whatever stands in it', () => {
    const parts = ['a', 'b.c', '@', '@example.com', ',', '?', '%0a', '\n', ' ', '<', '>', ':', ';', '"', '&', '/'];
    const url = fc.array(fc.constantFrom(...parts), { maxLength: 12 }).map((given) => `mailto:${given.join('')}`);
    const accepted = fc.sample(url, { numRuns: 20_000, seed: 1 }).filter((one) => vetMailbox(one).ok);
    expect(accepted.length).toBeGreaterThan(10);
    expect(
      accepted.filter((one) => !/^mailto:[a-c.]+@example\.com(?:[a-c.]*,[a-c.]+@example\.com)*[a-c.]*$/.test(one)),
    ).toEqual([]);
  });

  test('shows whoever may only read at whose servers they are', () => {
    const url = 'mailto:ann@example.com,bob@Example.com,c@d.example';
    expect([placeOf(url), hostOf(new URL(url))]).toEqual(['mailto:*@example.com,*@d.example', 'example.com']);
    expect(placeOf('https://example.com/secret')).toBe('https://example.com');
  });
});

test('a mail says what a chat would say, as text and as HTML, and lies with those of its session', () => {
  const said = event({ type: 'session.error', data: { error: { name: 'A<b>', status: 500 } }, session: 'ses/1' });
  expect(letterOf(noteOf(said, { spent: '1.5', folded: 0 }), said.session)).toEqual({
    subject: '[Gasline] A session failed · example.com/acme/app',
    text: [
      'A session failed',
      '',
      'Error: A<b> (500)',
      'Cost so far: $1.50',
      'Who: ann@example.com',
      'Project: example.com/acme/app',
      'Branch: feat/x_y',
      'https://example.com/acme/app',
      '',
      'acme-7',
    ].join('\n'),
    html:
      '<p><b>A session failed</b></p><table cellpadding="4"><tr><td>Error</td><td>A&lt;b&gt; (500)</td></tr>' +
      '<tr><td>Cost so far</td><td>$1.50</td></tr><tr><td>Who</td><td>ann@example.com</td></tr>' +
      '<tr><td>Project</td><td>example.com/acme/app</td></tr><tr><td>Branch</td><td>feat/x_y</td></tr></table>' +
      '<p><a href="https://example.com/acme/app">Repository</a></p><p><small>acme-7</small></p>',
    headers: {
      'Auto-Submitted': 'auto-generated',
      'In-Reply-To': '<ses_1@gasline.invalid>',
      References: '<ses_1@gasline.invalid>',
    },
  });
});

test('what happened in no session lies alone', () => {
  expect(letterOf(noteOf(event({ session: null }), { spent: null, folded: 0 }), null).headers).toEqual({
    'Auto-Submitted': 'auto-generated',
  });
});

const posting = async (): Promise<Posting> => {
  const message = { url: 'mailto:ann@example.com', endpoint: 'ep_1', keys: [], format: 'standard' as const };
  const { headers, body } = await email.render({ event: outgoing(event()), ...message }, 0);
  return { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) };
};
const nowhere = () => Promise.reject(new Error('nothing is to be fetched'));

test.each([
  ['a@example.com', 'a@example.com'],
  ['Gasline <a@example.com>', { name: 'Gasline', email: 'a@example.com' }],
  ['', null],
  ['Gasline', null],
  ['Gasline <a@localhost>', null],
  ['"Gasline" <a@example.com>', null],
  ['Gas\r\nbcc: b@example.com <a@example.com>', null],
  ['a@example.com, b@example.com', null],
])('%j as a sender is %j', (text, sender) => {
  expect(senderOf(text)).toEqual(sender);
});

test.each<[string, MailSettings]>([
  ['nothing', {}],
  ['a sender alone', { EMAIL_FROM: 'a@example.com' }],
  ['a key alone', { RESEND_API_KEY: 're_1' }],
  ['an empty key', { EMAIL_FROM: 'a@example.com', RESEND_API_KEY: '' }],
  ['no sender', { EMAIL_FROM: 'somebody', RESEND_API_KEY: 're_1' }],
  ['no URL', { EMAIL_FROM: 'a@example.com', RESEND_API_KEY: 're_1', RESEND_URL: 'resend' }],
])('with %s set no mail is sent', (_, settings) => {
  expect(mailBy(settings, nowhere)).toBeNull();
});

describe('the binding', () => {
  const sent: object[] = [];
  const settings = (send: () => Promise<{ messageId: string }>): MailSettings => ({
    EMAIL_FROM: 'Gasline <a@example.com>',
    EMAIL: {
      send(mail) {
        sent.push(mail);
        return send();
      },
    },
  });
  const carry = async (send: () => Promise<{ messageId: string }>) =>
    mailBy(settings(send), nowhere)?.('mailto:ann@example.com', await posting());

  test('gets the mail with its sender, and what it answers is delivered', async () => {
    const response = await carry(() => Promise.resolve({ messageId: '<1@example.com>' }));
    expect([response?.status, await response?.json()]).toEqual([200, { id: '<1@example.com>' }]);
    expect(sent.at(-1)).toMatchObject({
      from: { name: 'Gasline', email: 'a@example.com' },
      to: ['ann@example.com'],
      subject: '[Gasline] The agent has finished · example.com/acme/app',
    });
  });

  test.each([
    ['E_RATE_LIMIT_EXCEEDED', 'retry'],
    ['E_DAILY_LIMIT_EXCEEDED', 'retry'],
    ['E_SENDER_NOT_VERIFIED', 'retry'],
    ['E_SENDER_DOMAIN_NOT_AVAILABLE', 'retry'],
    ['E_DELIVERY_FAILED', 'retry'],
    ['E_INTERNAL_SERVER_ERROR', 'retry'],
    ['E_RECIPIENT_NOT_ALLOWED', 'gone'],
    ['E_RECIPIENT_SUPPRESSED', 'gone'],
    ['E_VALIDATION_ERROR', 'rejected'],
    ['E_CONTENT_TOO_LARGE', 'rejected'],
    ['', 'retry'],
  ])('that throws %j: %s', async (code, outcome) => {
    const error = Object.assign(new Error('said so'), code === '' ? {} : { code });
    const response = await carry(() => Promise.reject(error));
    const { status = 0, headers = [] } = response ?? {};
    const classified = email.classify({ status, headers: new Map(headers), body: (await response?.text()) ?? '' }, 0);
    expect(classified).toMatchObject({ kind: outcome, detail: expect.stringContaining('said so') });
  });

  test('that never answers is waited for no longer than anybody', async () => {
    const stuck = mailBy(
      settings(() => new Promise(() => {})),
      nowhere,
    );
    const given = { ...(await posting()), signal: AbortSignal.timeout(20) };
    await expect(stuck?.('mailto:ann@example.com', given)).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { sendMail } from './mails.ts';
import { nasty, pathsOf, replaced, verdict } from './nasty.ts';
import { readLog } from './oracle.ts';
import { useOnce, useRelay } from './setup.ts';

const relay = useRelay();
const team = useOnce(() => relay.team());

const mail = {
  to: 'overseer',
  cc: ['mayor/'],
  from: 'app/joe',
  subject: 'x',
  body: 'y',
  priority: 'high',
  type: 'task',
};
const GOOD: Readonly<Record<string, object>> = {
  '/v1/mail': { ...mail, thread_id: 't', reply_to: 'r' },
  '/v1/mail/lease': { addresses: ['overseer', 'app/joe'], limit: 2, lease_s: 60 },
  '/v1/mail/ack': { address: 'overseer', ids: ['mail_1'] },
  '/v1/mail/mail_1/read': { address: 'overseer' },
};

test('whatever stands in the place of something is answered with 2xx or a problem', async () => {
  const changes = fc
    .constantFrom(...Object.entries(GOOD))
    .chain(([route, form]) =>
      fc.tuple(fc.constant(route), fc.constant(form), fc.constantFrom(...pathsOf(form)), nasty),
    );
  await fc.assert(
    fc.asyncProperty(changes, async ([route, form, path, value]) => {
      const body = JSON.stringify(replaced(form, path, value)) ?? 'null';
      expect(verdict(await team.call('POST', route, body))).toBe('good');
    }),
    { numRuns: 500 },
  );
  expect((await team.call('GET', '/v1/mail?limit=100')).status).toBe(200);
  expect((await readLog(team)).every(({ type }) => type.startsWith('mail.'))).toBe(true);
});

test('any query and any path is answered with 2xx or a problem', async () => {
  const names = fc.constantFrom('address', 'unread', 'thread', 'q', 'after', 'limit', 'x');
  const values = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('true', '0', '%', '%ff', '_', "'"),
  );
  await fc.assert(
    fc.asyncProperty(names, values, fc.boolean(), async (name, value, raw) => {
      const text = raw ? value.replace(/[^\w%.-]/g, '') : encodeURIComponent(value.toWellFormed());
      for (const path of [`?${name}=${text}`, `/${text}`, `/threads/${text}`]) {
        expect(verdict(await team.call('GET', `/v1/mail${path}`))).toBe('good');
      }
    }),
    { numRuns: 150 },
  );
});

test('what was taken of any text is read as it was written', async () => {
  const texts = fc.string({ unit: 'binary', maxLength: 200 }).map((text) => text.toWellFormed());
  await fc.assert(
    fc.asyncProperty(texts, texts, async (body, word) => {
      const subject = `x${word.replaceAll(/\p{Cc}/gu, '')}`.trim();
      const { id } = await sendMail(team, { subject, body });
      const found = (await team.call('GET', `/v1/mail/${id}`)).body.mail;
      expect([found.subject, found.body]).toEqual([subject, body]);
    }),
    { numRuns: 100 },
  );
});

// How much mail a token sends in a day, and how much may lie unread in all mailboxes of a team.
import { expect, test } from 'vitest';

import { keepingTeam } from './keeping.ts';
import { acknowledge, inbox, lease, sendMail, withScope } from './mails.ts';
import { clientOf } from './mcp-client.ts';
import { useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);

const PROBLEM = 'urn:gasline:problem:';
const DAY = 24 * 3_600_000;
const key = { headers: { 'idempotency-key': 'k' } };

test('a token sends 5,000 messages a day, and is told when it may again', async () => {
  const ingest = await withScope(relay, team, 'ingest');
  const post = (init?: RequestInit) => ingest('POST', '/v1/mail', { to: 'mayor/', subject: 'x' }, init);
  const first = await post(key);
  expect(first.status).toBe(201);
  expect((await ingest('POST', '/v1/mail', { to: '@dogs', subject: 'x' })).status).toBe(422);
  expect(await team.query('SELECT sent FROM mail_quota')).toEqual([{ sent: 1 }]);
  await team.query('UPDATE mail_quota SET sent = 4999');
  expect((await post()).status).toBe(201);

  const full = await post();
  expect([full.status, full.body.type]).toEqual([429, `${PROBLEM}mail-quota`]);
  expect(full.body.detail).toContain('5000 messages');
  const wait = Number(full.headers.get('retry-after'));
  const midnight = DAY / 1_000 - ((Date.now() / 1_000) % (DAY / 1_000));
  expect(Math.abs(wait - midnight)).toBeLessThan(30);
  expect(await inbox(team, 'mayor/')).toHaveLength(2);
  // What was sent is answered again, and the mail of others is not held up.
  expect((await post(key)).body).toEqual(first.body);
  expect(await sendMail(team)).toMatchObject({ to: 'overseer' });
  await expect(
    clientOf(relay, team.token).use('mail_send', { to: 'overseer', subject: 'by a model' }),
  ).resolves.toMatchObject({ mail: {} });

  await team.crash();
  expect((await post()).status).toBe(429);
  await team.advance(wait * 1_000);
  expect((await post()).status).toBe(201);
});

test('nothing is left of what was counted on days that are over', async () => {
  const keeping = await keepingTeam(relay);
  await sendMail(keeping);
  await keeping.pass(2 * DAY);
  expect(await keeping.query('SELECT count(*) AS days FROM mail_quota')).toEqual([{ days: 0 }]);
});

test('a team takes 100,000 unread messages, however many mailboxes they lie in', async () => {
  const crew = Array.from({ length: 500 }, (_, at) => `app/crew/n${at}`);
  for (let at = 0; at < crew.length; at += 100) await lease(team, crew.slice(at, at + 100));
  for (let at = 0; at < 199; at += 1) await sendMail(team, { to: '@crew/app' });
  const { id } = await sendMail(team, { to: '@crew/app', cc: [], subject: 'the last' });
  const full = await team.call('POST', '/v1/mail', { to: 'member:nobody', subject: 'x' });
  expect([full.status, full.body.type]).toEqual([409, `${PROBLEM}mail-full`]);
  expect(full.body.detail).toContain('100000 unread messages');
  await acknowledge(team, { address: 'app/n7', ids: [id] });
  expect(await sendMail(team, { to: 'member:nobody' })).toMatchObject({ to: 'member:nobody' });
  await team.call('POST', `/v1/mail/${id}/unread`, { address: 'app/n7' });
  expect((await team.call('POST', '/v1/mail', { to: 'member:nobody', subject: 'x' })).status).toBe(409);
}, 60_000);

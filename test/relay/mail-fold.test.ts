// Mailboxes are a fold of the log, also once old mail has gone.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { batch, idle } from './builders.ts';
import type { Reply, TestTeam } from './harness.ts';
import { keepingTeam } from './keeping.ts';
import { acknowledge, inbox, lease, sendMail } from './mails.ts';
import { readLog } from './oracle.ts';
import { useRelay } from './setup.ts';

const DAY = 24 * 3_600_000;

const relay = useRelay();

const ADDRESSES = ['overseer', 'mayor/', 'app/joe', 'member:ann@example.com', 'session:ses_1'];
const address = fc.constantFrom(...ADDRESSES);
const few = fc.nat({ max: 9 });

const step = fc.oneof(
  fc.record({
    kind: fc.constant('send' as const),
    to: address,
    cc: fc.subarray(ADDRESSES),
    priority: fc.constantFrom('low', 'normal', 'high', 'urgent'),
    subject: fc.string({ minLength: 1, maxLength: 12 }),
    body: fc.string({ unit: 'grapheme', maxLength: 40 }),
    answers: fc.option(few),
  }),
  fc.record({
    kind: fc.constant('lease' as const),
    addresses: fc.subarray(ADDRESSES, { minLength: 1 }),
    limit: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ kind: fc.constantFrom('acknowledge' as const, 'read' as const, 'unread' as const), address, which: few }),
  fc.record({ kind: fc.constant('finish' as const), which: few }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function perform(team: TestTeam, steps: readonly Step[]): Promise<void> {
  const sent: string[] = [];
  const leases: string[] = [];
  const pick = (from: readonly string[], which: number) => from[which % Math.max(1, from.length)] ?? 'none';
  for (const one of steps) {
    if (one.kind === 'send') {
      const { kind: _, answers, ...draft } = one;
      const { id } = await sendMail(team, answers === null ? draft : { ...draft, reply_to: pick(sent, answers) });
      sent.push(id);
    } else if (one.kind === 'lease') {
      const { lease: name } = await lease(team, one.addresses, { limit: one.limit });
      if (name !== null) leases.push(name);
    } else if (one.kind === 'finish') {
      await acknowledge(team, { lease: pick(leases, one.which) });
    } else if (one.kind === 'acknowledge') {
      await acknowledge(team, { address: one.address, ids: [pick(sent, one.which)] });
    } else {
      const { status } = await team.call('POST', `/v1/mail/${pick(sent, one.which)}/${one.kind}`, {
        address: one.address,
      });
      if (status !== 200 && status !== 404) throw new Error(`${one.kind} was answered ${status}`);
    }
  }
}

/** All that can be read of a team's mail once no lease is under way. */
async function mailOf(team: TestTeam): Promise<Reply['body'][]> {
  const boxes = await Promise.all(ADDRESSES.map((one) => inbox(team, one)));
  const [waiting] = await team.query(
    `SELECT unread, (SELECT count(*) FROM mail_copy WHERE state = 'unread') AS counted FROM mail_waiting`,
  );
  expect(waiting?.['unread']).toBe(waiting?.['counted']);
  return [...boxes, (await team.call('GET', '/v1/mail?limit=100')).body];
}

test('the mailboxes made anew from the log are the mailboxes as they were', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25, size: 'max' }), async (steps) => {
      const team = await relay.team();
      await perform(team, steps);
      await team.advance(3_600_000);
      const before = await mailOf(team);
      await team.rebuild();
      expect(await mailOf(team)).toEqual(before);
    }),
    { numRuns: 15 },
  );
});

test('mail goes after its days, read or not; the log says how much, and its fold is the same without it', async () => {
  const team = await keepingTeam(relay);
  expect((await team.state()).mail_days).toBe(30);
  await team.keep({ mail_days: 2 });
  const old = await sendMail(team, { to: 'mayor/', cc: ['overseer'] });
  await team.call('POST', `/v1/mail/${old.id}/read`, { address: 'overseer' });
  await team.pass(DAY);
  const young = await sendMail(team, { to: 'mayor/', reply_to: old.id });
  await team.pass(1.5 * DAY);
  expect((await inbox(team, 'mayor/')).map(({ id }) => id)).toEqual([young.id]);
  expect(await inbox(team, 'overseer')).toEqual([]);
  expect((await team.call('GET', `/v1/mail/${old.id}`)).status).toBe(404);
  const said = (await readLog(team)).filter(({ type }) => type === 'mail.expired');
  expect(said.map(({ data }) => [data.mails, data.unread])).toEqual([[1, 1]]);
  // An answer to what is gone still lies in its thread.
  expect((await sendMail(team, { reply_to: young.id })).thread_id).toBe(old.id);
  const before = await mailOf(team);
  await team.rebuild();
  expect(await mailOf(team)).toEqual(before);
});

test('more mail than goes in a turn goes all the same, and a source is told of none of it', async () => {
  const team = await keepingTeam(relay);
  await Promise.all(Array.from({ length: 900 }, () => sendMail(team, { to: 'member:ann@example.com' })));
  const told = async (seq: number) => (await team.call('POST', '/v1/events', batch([idle(seq)]))).body.mail;
  expect(await told(1)).toEqual({ unread: 900, urgent: 0 });
  await team.pass(31 * DAY);
  expect(await told(2)).toBeUndefined();
  expect((await team.call('GET', '/v1/mail')).body).toEqual({ mails: [], next: null, more: 0 });
  const said = (await readLog(team)).filter(({ type }) => type === 'mail.expired');
  expect(said.map(({ data }) => data.unread)).toEqual([500, 400]);
  expect(await team.query('SELECT count(*) AS n FROM mail_copy')).toEqual([{ n: 0 }]);
});

test('nothing is left of the keys and the readers that no longer matter', async () => {
  const team = await keepingTeam(relay);
  const given = { to: 'overseer', subject: 'x' };
  await team.call('POST', '/v1/mail', given, { headers: { 'idempotency-key': 'k' } });
  await lease(team, ['app/witness', 'overseer']);
  const rows = async () =>
    (
      await team.query('SELECT (SELECT count(*) FROM mail_key) AS keys, (SELECT count(*) FROM mail_reader) AS readers')
    )[0];
  expect(await rows()).toEqual({ keys: 1, readers: 2 });
  await team.pass(1.5 * DAY);
  expect(await rows()).toEqual({ keys: 0, readers: 2 });
  await team.pass(7 * DAY);
  expect(await rows()).toEqual({ keys: 0, readers: 0 });
});

test.each([{ mail_days: 0 }, { mail_days: 1.5 }, { mail_days: 3_651 }])('%j is refused', async (given) => {
  const team = await relay.team();
  expect((await team.call('PUT', '/v1/retention', given)).status).toBe(400);
});

import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';

import { EVENT_TYPES } from '../../worker/event/example.ts';
import { addEndpoint } from './endpoint.ts';
import { call, type Reply, type TestTeam } from './harness.ts';
import { readLog } from './oracle.ts';
import { reprice } from './reprice.ts';
import { shapesOfExamples, shapesSaid } from './shape.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';
import { addBudget, atNoon, DAY, spend } from './spend.ts';

const HOUR = 3_600_000;

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver();

test('each type there is can be sent as a test, signed, and the answer shows what went over the wire', async () => {
  const endpoint = await addEndpoint(team, receiver.url, { events: ['session.*'] });
  receiver.answer(() => ({ status: 200, body: 'taken' }));
  for (const type of EVENT_TYPES) {
    const { status, body } = await team.call('POST', `${endpoint.path}/test`, { type });
    const sent = receiver.deliveries.at(-1);
    expect([status, body.type, body.outcome, body.wanted]).toEqual([
      200,
      type,
      { kind: 'delivered', status: 200 },
      type.startsWith('session.'),
    ]);
    expect(sent?.event).toMatchObject({ type, seq: 0, id: expect.stringContaining(`${team.id}-test-`) });
    new Webhook(endpoint.secret).verify(sent?.body ?? '', sent?.headers as Record<string, string>);
    expect(body.request).toMatchObject({ method: 'POST', url: receiver.url, body: sent?.body, whole: true });
    expect(body.response).toMatchObject({ status: 200, body: 'taken', whole: true });
    expect(body.curl).toContain(receiver.url);
  }
  expect(await readLog(team)).toEqual([]);
});

test('without a type it is endpoint.test, with an empty body or none', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  const headers = { 'content-type': 'application/json' };
  for (const [body, init] of [[undefined], [undefined, { headers }], ['', { headers }], [{}]] as const) {
    expect((await team.call('POST', `${endpoint.path}/test`, body, init)).body.type).toBe('endpoint.test');
  }
});

test.each([
  [{ type: 'session.eror' }, 400, /^type: must be one of session\.created, .*, got "session\.eror"$/],
  [{ kind: 'session.error' }, 400, /^kind: is not a field of this$/],
  ['nonsense', 400, /JSON/],
])('a test of %j is refused with what to do', async (given, expected, words) => {
  const endpoint = await addEndpoint(team, receiver.url);
  const { status, body } = await team.call('POST', `${endpoint.path}/test`, given);
  expect([status, body.detail]).toEqual([expected, expect.stringMatching(words)]);
  expect(receiver.deliveries).toEqual([]);
});

test('a batch and a chat get a test as they would get the event', async () => {
  const batches = await addEndpoint(team, receiver.url, { delivery: { batch: 5 } });
  await team.call('POST', `${batches.path}/test`, { type: 'session.error' });
  expect(receiver.deliveries[0]?.event).toMatchObject({
    type: 'events.batch',
    data: { events: [{ type: 'session.error' }] },
  });
  const chat = await addEndpoint(team, `${receiver.url}services/T1/B1/x`, { kind: 'slack' });
  const { body } = await team.call('POST', `${chat.path}/test`, { type: 'budget.threshold' });
  expect([body.wanted, receiver.deliveries[1]?.event.text]).toEqual([true, expect.stringContaining('is at 75 %')]);
});

test('whoever may read can list the types, each with an example', async () => {
  const { body } = await team.call('POST', '/v1/tokens', { scope: 'read', name: 'reader' });
  const { types } = (await call(relay.relay.url, body.token, 'GET', '/v1/event-types')).body;
  expect(types.map(({ type }: Reply['body']) => type)).toEqual(EVENT_TYPES);
  for (const { type, example } of types) expect(example).toMatchObject({ type, data: expect.any(Object) });
});

async function makeItSpeak(team: TestTeam): Promise<void> {
  await atNoon(team);
  await team.call('PATCH', '/v1/team', { digests: { daily: true, weekly: true, hour: 13, weekday: 1 } });
  const days = Array.from({ length: 20 }, (_, at) => ({ at: Date.now() - (at + 1) * DAY, session: `s${at}` }));
  const unpriced = { usd: '0', provider: 'nobody', model: 'unheard-of' };
  await spend(team, ...days.map((day) => ({ ...day, usd: '10' })), { ...days[0], ...unpriced });
  // A dear day, of sessions that cost what they always do.
  await spend(team, ...days.slice(0, 8).map(({ session }) => ({ session: `${session}b`, usd: '10' })));
  await addBudget(team, { limit_usd: '5', period: 'day' });
  await addBudget(team, { limit_usd: '300', period: 'month' });
  await team.call('PUT', '/v1/retention', { attempt_days: 60 });
  const as = { provider: 'anthropic', model: 'claude-sonnet-4-5' };
  await team.call('POST', '/v1/prices/rules', { kind: 'alias', provider: 'acme', model: 'm1', as });
  await reprice(team, { from: '2026-11-20T00:00:00Z', to: '2026-11-21T00:00:00Z' });
  const { body } = await team.call('POST', '/v1/mail', { to: 'overseer', subject: 'x', body: 'y', from: 'app/joe' });
  await team.call('POST', `/v1/mail/${body.mail.id}/read`, { address: 'overseer' });
  await team.call('POST', `/v1/mail/${body.mail.id}/unread`, { address: 'overseer' });
  await team.call('POST', '/v1/mail/ack', { address: 'overseer', ids: [body.mail.id] });
  for (let day = 0; day < 8; day += 1) await team.advance(DAY + HOUR);
}

test('the examples of what the relay says have the fields of what it really says', async () => {
  await makeItSpeak(team);
  const endpoint = await addEndpoint(team, receiver.url);
  await team.call('POST', `${endpoint.path}/disable`);
  const shapes = await shapesSaid(team);
  expect([...shapes.keys()]).toEqual(
    expect.arrayContaining([
      'anomaly.detected',
      'budget.threshold',
      'digest.daily',
      'digest.weekly',
      'endpoint.disabled',
      'ledger.repriced',
      'ledger.repricing',
      'mail.acknowledged',
      'mail.read',
      'mail.sent',
      'mail.unread',
      'prices.changed',
      'retention.changed',
    ]),
  );
  expect(shapes).toEqual(await shapesOfExamples(team, [...shapes.keys()]));
});

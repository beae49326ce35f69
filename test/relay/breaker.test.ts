import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { addEndpoint, post, type TestEndpoint } from './endpoint.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const MINUTE = 60_000;

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver();

function isIn(endpoint: TestEndpoint, state: string): Promise<{ state: string; until: string | null }> {
  return until(`a breaker that is ${state}`, async () => {
    const { breaker } = await endpoint.show();
    return breaker.state === state && breaker;
  });
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}

test('a dead receiver is asked about ten times, then left alone, then probed by one request at a time', async () => {
  receiver.answer(() => ({ status: 500 }));
  const endpoint = await addEndpoint(team, receiver.url);
  expect(await endpoint.show()).toMatchObject({ breaker: { state: 'closed', until: null } });
  await post(team, 300);
  const { until: first } = await isIn(endpoint, 'open');
  const asked = receiver.deliveries.length;
  expect(asked).toBeGreaterThanOrEqual(10);
  expect(asked).toBeLessThanOrEqual(16);
  expect(Date.parse(first ?? '') - Date.now()).toBeLessThanOrEqual(30_000);
  // What falls due and what comes meanwhile waits.
  await post(team, 20);
  await team.advance(20_000);
  await sleep(100);
  expect(receiver.deliveries).toHaveLength(asked);
  expect(await endpoint.show()).toMatchObject({ waiting: asked, behind: 320 - asked, state: 'enabled' });

  for (const [probes, wait] of [30_000, MINUTE, 2 * MINUTE].entries()) {
    await team.advance(wait);
    await endpoint.attempted(asked + probes + 1);
    await isIn(endpoint, 'open');
    await sleep(50);
    expect(receiver.deliveries).toHaveLength(asked + probes + 1);
  }
  // The probes were events that waited already: no other has used up a try.
  expect(await endpoint.show()).toMatchObject({ waiting: asked, behind: 320 - asked });

  receiver.answer(() => ({ status: 200 }));
  await team.advance(4 * MINUTE);
  await isIn(endpoint, 'closed');
  await team.advance(10 * MINUTE);
  await endpoint.settled();
  expect(new Set(receiver.seqs())).toEqual(new Set(upTo(320)));
  expect(await team.query('SELECT * FROM pace')).toEqual([]);
  // Each failure was an attempt of its event, and each event was delivered once.
  const attempts = await endpoint.attempts();
  expect(attempts).toHaveLength(asked + 3 + 320);
  expect(attempts.filter(({ outcome }) => outcome === 'delivered')).toHaveLength(320);
});

test('a receiver that hangs is asked about ten times too', async () => {
  receiver.answer(() => 'silence');
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { timeout_s: 1 } });
  await post(team, 100);
  await isIn(endpoint, 'open');
  expect(receiver.deliveries).toHaveLength(12);
  expect(new Set((await endpoint.attempts()).map(({ detail }) => detail))).toEqual(new Set(['no answer within 1 s']));
});

test('an open breaker outlives the object that opened it', async () => {
  receiver.answer(() => ({ status: 500 }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 50);
  const before = await isIn(endpoint, 'open');
  const asked = receiver.deliveries.length;
  await team.crash();
  expect((await endpoint.show()).breaker).toEqual(before);
  await post(team, 10);
  await sleep(100);
  expect(receiver.deliveries).toHaveLength(asked);
  receiver.answer(() => ({ status: 200 }));
  await team.advance(30_000);
  await endpoint.settled();
  expect(new Set(receiver.seqs())).toEqual(new Set(upTo(60)));
});

test.each([
  ['enabled again', (endpoint: TestEndpoint) => team.call('POST', `${endpoint.path}/enable`)],
  ['moved', (endpoint: TestEndpoint) => team.call('PATCH', endpoint.path, { url: `${receiver.url}moved` })],
  ['replayed', (endpoint: TestEndpoint) => team.call('POST', `${endpoint.path}/replay`, { after: 0 })],
])('an endpoint whose breaker is open is tried at once when it is %s', async (_, act) => {
  receiver.answer(() => ({ status: 500 }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 50);
  await isIn(endpoint, 'open');
  receiver.answer(() => ({ status: 200 }));
  await act(endpoint);
  await endpoint.settled();
  expect(new Set(receiver.seqs())).toEqual(new Set(upTo(50)));
  expect((await endpoint.show()).breaker).toEqual({ state: 'closed', until: null });
});

test('a receiver under load is asked one event at a time until it takes one', async () => {
  receiver.answer(() => ({ status: 503 }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 100);
  // Those under way when it said so, and one more.
  await isIn(endpoint, 'open');
  const asked = receiver.deliveries.length;
  expect(asked).toBeLessThanOrEqual(7);
  receiver.answer(() => ({ status: 200 }));
  await team.advance(7_000);
  await endpoint.settled();
  expect(receiver.deliveries).toHaveLength(asked + 100);
});

test('a receiver that says when to come back is asked one event at a time then', async () => {
  receiver.answer(() => ({ status: 429, headers: { 'retry-after': '60' } }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 100);
  await endpoint.attempted(1);
  await isIn(endpoint, 'half-open');
  const asked = receiver.deliveries.length;
  expect(asked).toBeLessThanOrEqual(6);
  for (let times = 1; times <= 3; times += 1) {
    await team.advance(61_000);
    await endpoint.attempted(asked + times);
    await sleep(50);
    expect(receiver.deliveries).toHaveLength(asked + times);
  }
  receiver.answer(() => ({ status: 200 }));
  await team.advance(61_000);
  // What has failed twice waits five minutes.
  await team.advance(7 * MINUTE);
  await team.advance(7 * MINUTE);
  await endpoint.settled();
  expect(new Set(receiver.seqs())).toEqual(new Set(upTo(100)));
});

test.each([
  ['of 0 seconds', '0'],
  ['in the past', 'Mon, 01 Jan 2024 00:00:00 GMT'],
])('a Retry-After %s does not have a receiver under load asked without a pause', async (_, retryAfter) => {
  receiver.answer(() => ({ status: 429, headers: { 'retry-after': retryAfter } }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 500);
  await isIn(endpoint, 'open');
  await sleep(200);
  const asked = receiver.deliveries.length;
  // Those under way when it said so, and one probe.
  expect(asked).toBeLessThanOrEqual(7);
  await team.advance(7_000);
  await endpoint.attempted(asked + 1);
  await sleep(200);
  expect(receiver.deliveries).toHaveLength(asked + 1);
  receiver.answer(() => ({ status: 200 }));
  await team.advance(MINUTE);
  await team.advance(7 * MINUTE);
  await endpoint.settled();
  expect(new Set(receiver.seqs())).toEqual(new Set(upTo(500)));
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { addEndpoint, post } from './endpoint.ts';
import type { TestTeam } from './harness.ts';
import { startReceiver, type Answer, type Receiver } from './receiver.ts';
import { useRelay } from './setup.ts';

const relay = useRelay();
let team: TestTeam;
let bad: Receiver;
let good: Receiver;
beforeEach(async () => {
  team = await relay.team();
  [bad, good] = [await startReceiver(), await startReceiver()];
});
afterEach(() => Promise.all([bad.close(), good.close()]));

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}

function sorted(seqs: readonly number[]): number[] {
  return seqs.toSorted((a, b) => a - b);
}

test('a receiver that says nothing does not delay another, and does not make it hear things twice', async () => {
  bad.answer(() => 'silence');
  await addEndpoint(team, bad.url);
  const endpoint = await addEndpoint(team, good.url);
  const before = performance.now();
  for (let round = 0; round < 10; round += 1) {
    await post(team, 20);
    await endpoint.settled();
  }
  expect(performance.now() - before).toBeLessThan(5_000);
  expect(sorted(good.seqs())).toEqual(upTo(200));
  expect(bad.deliveries).toHaveLength(6);
});

test('while one endpoint waits for its receiver the others rest', async () => {
  bad.answer(() => 'silence');
  await addEndpoint(team, bad.url);
  const endpoint = await addEndpoint(team, good.url);
  await post(team, 10);
  await endpoint.settled();
  const before = await team.looks();
  await sleep(500);
  expect((await team.looks()) - before).toBeLessThan(20);
});

test('an endpoint has one loop at a time, whatever its neighbours and senders do', async () => {
  bad.answer(() => ({ status: 200, afterMs: 60 }));
  let [open, most] = [0, 0];
  good.answer(() => {
    open += 1;
    most = Math.max(most, open);
    setTimeout(() => (open -= 1), 5);
    return { status: 200, afterMs: 5 };
  });
  await addEndpoint(team, bad.url);
  const endpoint = await addEndpoint(team, good.url, { ordered: true });
  for (let round = 0; round < 30; round += 1) {
    await post(team, 3);
    await sleep(7);
  }
  await endpoint.settled();
  expect(good.seqs()).toEqual(upTo(90));
  expect(most).toBe(1);
});

const ILL: readonly (readonly [how: string, answer: Answer])[] = [
  ['is silent', 'silence'],
  ['drips', 'drip'],
  ['throttles', { status: 429, headers: { 'retry-after': '3600' } }],
  ['throttles without a word', { status: 429 }],
  ['redirects', { status: 307, headers: { location: 'http://127.0.0.1:9/' } }],
  ['fails', { status: 500 }],
  ['hangs up', 'reset'],
];

test('beside one endpoint of each illness the healthy one gets all, and later so do they', async () => {
  const receivers = await Promise.all(ILL.map(([, answer]) => startReceiver(() => answer)));
  await bad.close();
  const only = { events: ['session.idle'] };
  const refused = await addEndpoint(team, bad.url, only);
  const ill = await Promise.all(receivers.map(({ url }) => addEndpoint(team, url, only)));
  const healthy = await addEndpoint(team, good.url, only);
  for (let round = 0; round < 10; round += 1) {
    await post(team, 20);
    await healthy.settled();
  }
  // Between them the log says which endpoints were disabled.
  const posted = sorted(good.seqs());
  expect(new Set(posted).size).toBe(200);
  // Those that hang were still in the middle of their first requests.
  for (const hanging of ill.slice(0, 2)) expect(await hanging.attempts()).toEqual([]);
  // And nobody was asked again and again: what was under way when it failed, twice where only the number tells.
  for (const { deliveries } of receivers) expect(deliveries.length).toBeLessThanOrEqual(16);
  expect((await refused.attempts()).length).toBeLessThanOrEqual(16);
  expect((await refused.show()).breaker.state).toBe('open');

  for (const receiver of receivers) receiver.answer(() => ({ status: 200 }));
  const moved = await startReceiver();
  await team.call('PATCH', refused.path, { url: moved.url });
  for (const endpoint of [...ill, refused]) {
    await endpoint.attempted(1);
    await until('an endpoint that has caught up', async () => {
      await team.advance(10 * 60_000);
      const { behind, waiting } = await endpoint.show();
      return behind === 0 && waiting === 0;
    });
  }
  for (const { seqs } of [...receivers, moved]) expect(new Set(seqs())).toEqual(new Set(posted));
  expect(good.deliveries).toHaveLength(200);
  bad = moved;
  await Promise.all(receivers.map((receiver) => receiver.close()));
});

test('the cursor of an endpoint that often fails stands at a hundred waiting, and nothing is lost', async () => {
  // Too seldom for its breaker.
  bad.answer(({ event }) => ({ status: event.seq % 3 === 0 ? 500 : 200 }));
  const dead = await addEndpoint(team, bad.url);
  const endpoint = await addEndpoint(team, good.url);
  await post(team, 500);
  await endpoint.settled();
  await dead.attempted(300);
  await sleep(200);
  const stuck = await dead.show();
  expect(stuck.waiting).toBeGreaterThanOrEqual(100);
  expect(stuck.waiting).toBeLessThan(110);
  const asked = bad.deliveries.length;
  expect(stuck.behind).toBe(500 - asked);
  expect(stuck.breaker.state).toBe('closed');
  bad.answer(() => ({ status: 200 }));
  await team.advance(6_000);
  await dead.settled();
  expect(new Set(bad.seqs()).size).toBe(500);
  expect(bad.deliveries).toHaveLength(500 + stuck.waiting);
  expect(sorted(good.seqs())).toEqual(upTo(500));
});

test('a receiver that takes some events and never others gets all that it takes, promptly', async () => {
  bad.answer(({ event }) => ({ status: event.seq % 10 === 0 ? 500 : 200 }));
  const endpoint = await addEndpoint(team, bad.url);
  await post(team, 300);
  await endpoint.attempted(300);
  expect(await endpoint.show()).toMatchObject({ behind: 0, waiting: 30 });
  expect(new Set(bad.seqs()).size).toBe(300);
});

test('silence and a dripping body are cut after 15 seconds', async () => {
  bad.answer(() => 'silence');
  good.answer(() => 'drip');
  const endpoints = [await addEndpoint(team, bad.url), await addEndpoint(team, good.url)];
  await post(team, 1);
  for (const endpoint of endpoints) {
    await endpoint.attempted(1);
    const [attempt] = await endpoint.attempts();
    expect(attempt).toMatchObject({ outcome: 'retry', status: null, detail: 'no answer within 15 s' });
    expect(attempt.duration_ms).toBeGreaterThan(14_500);
    expect(attempt.duration_ms).toBeLessThan(17_000);
  }
});

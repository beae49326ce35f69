import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { addEndpoint, post } from './endpoint.ts';
import { startTestRelay, type TestRelay, type TestTeam } from './harness.ts';
import { startReceiver, type Receiver } from './receiver.ts';

let relay: TestRelay;
let team: TestTeam;
let bad: Receiver;
let good: Receiver;
beforeAll(async () => {
  relay = await startTestRelay();
});
afterAll(() => relay.close());
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

test('the cursor of a dead endpoint stands at a hundred waiting, and after its recovery nothing is lost', async () => {
  bad.answer(() => ({ status: 500 }));
  const dead = await addEndpoint(team, bad.url);
  const endpoint = await addEndpoint(team, good.url);
  await post(team, 500);
  await endpoint.settled();
  await dead.attempted(100);
  await sleep(200);
  const stuck = await dead.show();
  expect(stuck.waiting).toBeGreaterThanOrEqual(100);
  expect(stuck.waiting).toBeLessThan(110);
  expect(stuck.behind).toBe(500 - stuck.waiting);
  expect(bad.deliveries).toHaveLength(stuck.waiting);
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

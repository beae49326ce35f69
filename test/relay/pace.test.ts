import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { addEndpoint, post } from './endpoint.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver();

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}

test.each([
  [undefined, 6],
  [1, 1],
  [2, 2],
])('with concurrency %j there are at most %d requests at once', async (concurrency, most) => {
  let [open, seen] = [0, 0];
  receiver.answer(() => {
    open += 1;
    seen = Math.max(seen, open);
    setTimeout(() => (open -= 1), 20);
    return { status: 200, afterMs: 20 };
  });
  const endpoint = await addEndpoint(team, receiver.url, {
    delivery: concurrency === undefined ? {} : { concurrency },
  });
  await post(team, 30);
  await endpoint.settled();
  expect(seen).toBe(most);
  expect(receiver.deliveries).toHaveLength(30);
});

test('a limited endpoint gets its burst and then the rate, and no event uses up a try', async () => {
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { rate_per_minute: 6, burst: 5 } });
  await post(team, 30);
  await until('the burst', () => receiver.deliveries.length === 5);
  await sleep(100);
  expect(receiver.deliveries).toHaveLength(5);
  expect(await endpoint.show()).toMatchObject({ behind: 25, waiting: 0, breaker: { state: 'closed' } });
  await team.advance(10_000);
  await until('the next token', () => receiver.deliveries.length === 6);
  // A minute brings six, of which the bucket holds five.
  await team.advance(60_000);
  await until('a full bucket', () => receiver.deliveries.length === 11);
  await sleep(100);
  expect(receiver.deliveries).toHaveLength(11);
  for (let minutes = 0; minutes < 4; minutes += 1) {
    await team.advance(60_000);
    await sleep(100);
  }
  await endpoint.settled();
  expect(receiver.seqs().toSorted((a, b) => a - b)).toEqual(upTo(30));
  expect((await endpoint.attempts()).every(({ number, outcome }) => number === 1 && outcome === 'delivered')).toBe(
    true,
  );
});

test('a quick rate comes back by itself, about once a second', async () => {
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { rate_per_minute: 1_200 } });
  const before = performance.now();
  await post(team, 50);
  await endpoint.settled();
  // Twenty at once, and twenty more a second.
  expect(performance.now() - before).toBeGreaterThan(1_400);
  expect(receiver.seqs().toSorted((a, b) => a - b)).toEqual(upTo(50));
  const sent = receiver.deliveries.map(({ at }) => at);
  for (const [index, at] of sent.entries()) {
    const within = sent.slice(index).filter((other) => other < at + 1_000).length;
    expect(within).toBeLessThanOrEqual(20 + 21);
  }
});

test('the bucket of a limited endpoint outlives the object, and a new rate begins with a full one', async () => {
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { rate_per_minute: 1, burst: 3 } });
  await post(team, 20);
  await endpoint.attempted(3);
  await team.crash();
  await post(team, 1);
  await sleep(100);
  expect(receiver.deliveries).toHaveLength(3);
  await team.call('PATCH', endpoint.path, { delivery: { burst: 4 } });
  await until('a full bucket', () => receiver.deliveries.length === 7);
  await sleep(100);
  expect(receiver.deliveries).toHaveLength(7);
  await team.call('PATCH', endpoint.path, { delivery: { rate_per_minute: null } });
  await endpoint.settled();
  expect(await endpoint.show()).toMatchObject({ delivery: { burst: 4 } });
  expect(receiver.deliveries).toHaveLength(21);
});

test('retries share the tokens with what is new, and neither starves', async () => {
  receiver.answer(({ event }) => ({ status: event.seq === 1 ? 500 : 200 }));
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { rate_per_minute: 1, burst: 1 } });
  await post(team, 10);
  await endpoint.attempted(1);
  for (let minutes = 2; minutes <= 6; minutes += 1) {
    await team.advance(61_000);
    await endpoint.attempted(minutes);
  }
  const seqs = receiver.seqs();
  expect(seqs.filter((seq) => seq === 1)).toHaveLength(2);
  expect(seqs.filter((seq) => seq !== 1)).toEqual([2, 3, 4, 5]);
});

test('an ordered endpoint keeps its order through failures, load, a limit and a breaker', async () => {
  // Every other event fails once in one way or another, and events 20 to 22 three times each.
  let tries = 0;
  const ways = [{ status: 500 }, { status: 503 }, { status: 429, headers: { 'retry-after': '20' } }, 'reset'] as const;
  const failures = new Map<number, number>();
  receiver.answer(({ event: { seq } }) => {
    tries += 1;
    const failed = failures.get(seq) ?? 0;
    if (failed >= (seq >= 20 && seq <= 22 ? 3 : seq % 2)) return { status: 200 };
    failures.set(seq, failed + 1);
    return ways[tries % ways.length] ?? { status: 500 };
  });
  const endpoint = await addEndpoint(team, receiver.url, {
    ordered: true,
    delivery: { rate_per_minute: 30, burst: 4, retry_schedule_s: Array(20).fill(2) },
  });
  await post(team, 40);
  await until('all', async () => {
    await team.advance(15_000);
    const { behind, waiting } = await endpoint.show();
    return behind === 0 && waiting === 0;
  });
  const seqs = receiver.seqs();
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  expect(new Set(seqs)).toEqual(new Set(upTo(40)));
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  expect(failed).toBeGreaterThan(20);
  expect(seqs).toHaveLength(40 + failed);
});

test('webhook-delivery: disable ends it as 410 does, abort-message gives up one event', async () => {
  receiver.answer(({ event }) =>
    event.seq === 2
      ? { status: 500, headers: { 'webhook-delivery': 'abort-message' } }
      : { status: 200, headers: event.seq === 4 ? { 'webhook-delivery': 'disable' } : {} },
  );
  const endpoint = await addEndpoint(team, receiver.url, { ordered: true });
  await post(team, 6);
  await endpoint.attempted(4);
  const disabled = await endpoint.show();
  // The seventh says that it was disabled, which it is not told itself.
  expect(disabled).toMatchObject({ state: 'disabled', reason: 'answered 200 (disable)', behind: 3, waiting: 1 });
  expect((await endpoint.attempts()).map(({ seq, outcome }) => [seq, outcome])).toEqual([
    [1, 'delivered'],
    [2, 'rejected'],
    [3, 'delivered'],
    [4, 'gone'],
  ]);
  receiver.answer(() => ({ status: 200 }));
  await team.call('POST', `${endpoint.path}/enable`);
  await endpoint.settled();
  expect(receiver.seqs()).toEqual([1, 2, 3, 4, 4, 5, 6]);
});

test.each([
  [{ timeout_s: 0 }, 'delivery.timeout_s: must be a whole number of seconds from 1 to 30'],
  [{ timeout_s: 31 }, 'delivery.timeout_s: must be a whole number of seconds from 1 to 30'],
  [{ concurrency: 7 }, 'delivery.concurrency: must be a whole number from 1 to 6'],
  [{ concurrency: '2' }, 'delivery.concurrency: must be a whole number from 1 to 6'],
  [{ rate_per_minute: 0 }, 'delivery.rate_per_minute: must be a whole number from 1 to 60000'],
  [{ rate_per_minute: 0.5 }, 'delivery.rate_per_minute: must be a whole number from 1 to 60000'],
  [{ burst: 1_001 }, 'delivery.burst: must be a whole number from 1 to 1000'],
  [{ batch: 1 }, 'delivery.batch: must be a whole number from 2 to 100'],
  [{ batch: 101 }, 'delivery.batch: must be a whole number from 2 to 100'],
  [{ breaker: false }, 'delivery.breaker: is not a field of this'],
])('a delivery %j is refused and changes nothing', async (delivery, detail) => {
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { batch: 7 } });
  const refused = [
    await team.call('PATCH', endpoint.path, { delivery }),
    await team.call('POST', '/v1/endpoints', { kind: 'webhook', url: receiver.url, delivery }),
  ];
  for (const { status, body } of refused) expect([status, body.detail.slice(0, detail.length)]).toEqual([400, detail]);
  expect(await endpoint.show()).toMatchObject({ delivery: { batch: 7 } });
  await team.call('PATCH', endpoint.path, { delivery: { batch: null, timeout_s: 30 } });
  expect((await endpoint.show()).delivery).toEqual({ timeout_s: 30 });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';

import { verify } from '../../plugin/webhook/index.ts';
import { until } from '../support/until.ts';
import { addEndpoint, post } from './endpoint.ts';
import type { Delivery } from './receiver.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver();

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}

function seqsOf({ event }: Delivery): number[] {
  return event.data.events.map(({ seq }: { seq: number }) => seq);
}

test('a batch holds up to so many events in one signed message, and each is an attempt of its own', async () => {
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { batch: 4 } });
  await post(team, 10);
  await endpoint.settled();
  const sent = receiver.deliveries.toSorted((a, b) => (seqsOf(a)[0] ?? 0) - (seqsOf(b)[0] ?? 0));
  expect(sent.map(seqsOf)).toEqual([
    [1, 2, 3, 4],
    [5, 6, 7, 8],
    [9, 10],
  ]);
  const { events } = (await team.call('GET', '/v1/events')).body;
  expect(sent.flatMap(({ event }) => event.data.events)).toEqual(events);
  for (const { headers, body, event } of sent) {
    expect(event.type).toBe('events.batch');
    new Webhook(endpoint.secret).verify(body, headers as Record<string, string>);
    await verify(body, headers, endpoint.secret);
  }
  const attempts = await endpoint.attempts();
  expect(attempts.map(({ seq, number, outcome }) => [seq, number, outcome])).toEqual(
    upTo(10).map((seq) => [seq, 1, 'delivered']),
  );
});

test.each([false, true])('what failed together comes again together under its id (ordered: %j)', async (ordered) => {
  const refused = new Set<string>();
  receiver.answer(({ headers }) => {
    const id = String(headers['webhook-id']);
    if (refused.has(id)) return { status: 200 };
    refused.add(id);
    return { status: 500 };
  });
  const endpoint = await addEndpoint(team, receiver.url, { ordered, delivery: { batch: 4, concurrency: 1 } });
  await post(team, 10);
  await until('all', async () => {
    // New events may come between a failure and its retry.
    await post(team, 1);
    await team.advance(7_000);
    await sleep(30);
    return receiver.deliveries.length >= 12;
  });
  await until('all', async () => {
    await team.advance(7_000);
    const { behind, waiting } = await endpoint.show();
    return behind === 0 && waiting === 0;
  });
  const byId = Map.groupBy(receiver.deliveries, ({ headers }) => headers['webhook-id']);
  for (const [id, deliveries] of byId) {
    const [first, second, ...more] = deliveries.map(({ body }) => body);
    expect([id, second, more.length]).toEqual([id, first, 0]);
  }
  const came = [...new Set(receiver.deliveries.flatMap(seqsOf))];
  expect(ordered ? came : came.toSorted((a, b) => a - b)).toEqual(upTo(came.length));
});

test('what failed together comes again together when its endpoint is enabled anew', async () => {
  receiver.answer(() => ({ status: 500 }));
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { batch: 4 } });
  for (const [count, tried] of [
    [2, 2],
    [3, 5],
    [1, 6],
  ] as const) {
    await post(team, count);
    await endpoint.attempted(tried);
  }
  const failed = receiver.deliveries.map(({ headers, body }) => [headers['webhook-id'], body]);
  expect(failed).toHaveLength(3);
  receiver.answer(() => ({ status: 200 }));
  for (const what of ['disable', 'enable']) await team.call('POST', `${endpoint.path}/${what}`);
  await endpoint.settled();
  const again = receiver.deliveries.slice(3).map(({ headers, body }) => [headers['webhook-id'], body]);
  expect([again.length, Object.fromEntries(again)]).toEqual([3, Object.fromEntries(failed)]);
});

test('batches that fail do not keep new events from going until ten of them wait', async () => {
  // A batch of new ones has not failed before.
  const dead = (delivery: Delivery) => (seqsOf(delivery)[0] ?? 0) % 300 === 1;
  receiver.answer((delivery) => ({ status: dead(delivery) ? 500 : 200 }));
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { batch: 100, concurrency: 1 } });
  await post(team, 900);
  await until('a cursor at the end', async () => (await endpoint.show()).behind === 0);
  expect(await endpoint.show()).toMatchObject({ waiting: 300, breaker: { state: 'closed' } });
  expect(receiver.deliveries).toHaveLength(9);
});

test('a chat takes no batches', async () => {
  const url = new URL('services/T1/B1/secret', receiver.url).href;
  const delivery = { batch: 5 };
  const refused = await team.call('POST', '/v1/endpoints', { kind: 'slack', url, delivery });
  const words = 'delivery.batch: slack takes one event at a time, leave it out';
  expect([refused.status, refused.body.detail]).toEqual([400, words]);
  const endpoint = await addEndpoint(team, url, { kind: 'slack', delivery: { rate_per_minute: 60 } });
  const changed = await team.call('PATCH', endpoint.path, { delivery });
  expect([changed.status, changed.body.detail]).toEqual([400, words]);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { post } from './endpoint.ts';
import type { Reply } from './harness.ts';
import { addPull, seqs } from './puller.ts';
import { useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);

test('whoever waits is answered as soon as there is something, and not for what is not wanted', async () => {
  const bridge = await addPull(team, { events: ['session.*'] });
  let answered = false;
  const waiting = bridge.pull('wait=30').then((reply) => {
    answered = true;
    return { reply, at: Date.now() };
  });
  await post(team, 1, ['custom.type']);
  await until('the cursor to pass', async () => (await bridge.show()).cursor === 1);
  expect(answered).toBe(false);
  const posted = Date.now();
  await post(team, 1);
  const { reply, at } = await waiting;
  expect(seqs(reply)).toEqual([2]);
  expect(at - posted).toBeLessThan(1_000);
});

test('a wait ends without events when its time is over', async () => {
  const bridge = await addPull(team);
  await post(team, 1);
  await bridge.ack(1);
  const began = Date.now();
  expect((await bridge.pull('wait=1')).body).toEqual({ events: [], next: null, upto: 1, head: 1 });
  expect(Date.now() - began).toBeGreaterThanOrEqual(1_000);
});

test('the log itself can be waited for, and be read from a time on', async () => {
  const waiting = team.call('GET', '/v1/events?type=session.*&wait=30');
  await sleep(50);
  await post(team, 2, ['custom.type', 'session.idle']);
  expect(seqs(await waiting)).toEqual([2]);
  const [event] = (await team.call('GET', '/v1/events')).body.events;
  const later = new Date(Date.parse(event.received_at) + 1).toISOString();
  expect(seqs(await team.call('GET', `/v1/events?since=${event.received_at}`))).toEqual([1, 2]);
  expect(seqs(await team.call('GET', `/v1/events?since=${later}`))).toEqual([]);
});

test('a hundred may wait, one more is told to come back', async () => {
  const replies: Reply[] = [];
  const waiting = Array.from({ length: 101 }, async () => {
    replies.push(await team.call('GET', '/v1/events?wait=30'));
  });
  await until('a refusal', () => replies.length > 0);
  expect(replies.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([[429, '30']]);
  await post(team, 1);
  await Promise.all(waiting);
  expect(replies.slice(1).map(seqs)).toEqual(replies.slice(1).map(() => [1]));
});

test('what the relay says itself wakes whoever waits', async () => {
  const bridge = await addPull(team, { events: ['retention.changed'] });
  const waiting = bridge.pull('wait=30');
  await sleep(50);
  await team.call('PUT', '/v1/retention', { log_days: 30 });
  expect((await waiting).body.events[0].type).toBe('retention.changed');
});

// What only time brings about: an object that is put to sleep under its streams, and a follower that says nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { post } from './endpoint.ts';
import { follow } from './follower.ts';
import { useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

/**
 * Every 10 s workerd puts to sleep what has heard nothing for 10 s, so that it may take just under 20; to ask an object whether it
 * sleeps would wake it. A busy machine is late.
 */
const ASLEEP_MS = 26_000;

test('a stream outlives the sleep of its object: where it was, what it wants, what it owes and whose it is', async () => {
  const { body } = await team.call('POST', '/v1/tokens', { scope: 'read', name: 'dashboard' });
  await post(team, 10);
  // Not side by side: workerd mostly does not put an object to sleep that was asked for two streams at one moment.
  const all = await follow(relay.relay.url, body.token, { query: 'after=0', ackEvery: 0 });
  const some = await follow(relay.relay.url, team.token, { query: 'type=custom.*' });
  await until('the first', () => all.events.length === 10);
  all.send('{"ack":4}');
  await sleep(ASLEEP_MS);
  await post(team, 300, ['session.idle', 'custom.type']);
  await until('a window', () => all.events.length === 260 && some.events.length === 150);
  expect(all.seqs()).toEqual(range(1, 260));
  // It has slept: of what came before six are owed still, and only as a whole.
  all.send('{"ack":9}');
  all.send('ping');
  await until('an answer', () => all.said.includes('pong'));
  await sleep(200);
  expect(all.events).toHaveLength(260);
  all.send('{"ack":10}');
  await until('six more', () => all.events.length === 266);
  all.send('{"ack":266}');
  await until('the rest', () => all.events.length === 310);
  expect(all.seqs()).toEqual(range(1, 310));
  expect(some.seqs()).toEqual(range(6, 155).map((half) => half * 2));

  await sleep(ASLEEP_MS);
  await team.call('DELETE', `/v1/tokens/${body.id}`);
  expect((await all.ended).code).toBe(4401);
  await some.close();
});

test('whoever owes an acknowledgement for 30 s while more is there is told to follow again', async () => {
  await post(team, 300);
  const silent = await follow(relay.relay.url, team.token, { query: 'after=0', ackEvery: 0 });
  const began = Date.now();
  const { code, reason } = await silent.ended;
  expect([code, reason]).toEqual([4408, expect.stringContaining('send {"ack": seq}')]);
  expect(Date.now() - began).toBeGreaterThanOrEqual(29_000);
  const again = await follow(relay.relay.url, team.token, { query: `after=${silent.seqs().at(-1)}` });
  await until('the rest', () => again.events.length === 44);
  expect([...silent.seqs(), ...again.seqs()]).toEqual(range(1, 300));
  await again.close();
});

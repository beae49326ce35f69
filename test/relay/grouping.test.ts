// Grouping through the whole relay: one message a session, type and interval.
import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { batch, event, idle, source } from './builders.ts';
import { addEndpoint, post } from './endpoint.ts';
import { addGrouped, foldedOf, sorted } from './grouped.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver();

test('the first goes out at once, of those that follow the latest when the interval ends, and then all is as before', async () => {
  const endpoint = await addGrouped(team, receiver);
  await post(team, 1);
  await endpoint.settled();
  await post(team, 1);
  await post(team, 3);
  await endpoint.settled();
  expect(receiver.seqs()).toEqual([1]);
  expect(await endpoint.show()).toMatchObject({ delivery: { group_s: 60 }, behind: 0, waiting: 0, held: 1 });
  await team.advance(MINUTE - 5 * SECOND);
  await endpoint.settled();
  expect(receiver.seqs()).toEqual([1]);
  await team.advance(5 * SECOND);
  await endpoint.attempted(2);
  expect([receiver.seqs(), foldedOf(receiver)]).toEqual([
    [1, 5],
    [undefined, '3'],
  ]);
  expect(await endpoint.attempts()).toMatchObject([
    { seq: 1, number: 1, outcome: 'delivered' },
    { seq: 5, number: 1, outcome: 'delivered' },
  ]);
  // The late message has begun an interval of its own, in which nothing happens.
  await post(team, 1);
  await endpoint.settled();
  expect(receiver.seqs()).toEqual([1, 5]);
  await team.advance(MINUTE);
  await endpoint.attempted(3);
  await team.advance(MINUTE);
  await post(team, 1);
  await endpoint.attempted(4);
  expect([receiver.seqs(), foldedOf(receiver).at(-1)]).toEqual([[1, 5, 6, 7], undefined]);
});

test('sessions and types have intervals of their own, and so have events without a session', async () => {
  const endpoint = await addGrouped(team, receiver);
  const inOther = { session: 'ses_2' };
  const events = [
    idle(1),
    idle(2, inOther),
    event(3, 'session.compacted', {}),
    idle(4, { session: null }),
    idle(5),
    idle(6, inOther),
    event(7, 'session.compacted', {}),
    idle(8, { session: null }),
  ];
  expect((await team.call('POST', '/v1/events', batch(events))).status).toBe(202);
  await endpoint.settled();
  expect(sorted(receiver.seqs())).toEqual([1, 2, 3, 4]);
  await team.advance(MINUTE);
  await endpoint.attempted(8);
  expect(sorted(receiver.seqs().slice(4))).toEqual([5, 6, 7, 8]);
});

test('what the filter does not want is neither sent nor counted', async () => {
  const endpoint = await addGrouped(team, receiver, { where: { branch: 'main' } });
  const send = (id: string, branch: string) =>
    team.call('POST', '/v1/events', batch([idle(1)], { source: source({ id, branch }) }));
  for (const [at, branch] of ['dev', 'main', 'dev', 'main', 'dev', 'main'].entries()) await send(`src_g${at}`, branch);
  await endpoint.settled();
  await team.advance(MINUTE);
  await endpoint.attempted(2);
  expect([receiver.seqs(), foldedOf(receiver)]).toEqual([
    [2, 6],
    [undefined, '1'],
  ]);
});

test('a failure is tried again by itself, and what was held counts what it stands for in every try', async () => {
  receiver.answer(() => ({ status: 500 }));
  const endpoint = await addGrouped(team, receiver);
  await post(team, 3);
  await endpoint.attempted(1);
  expect(await endpoint.show()).toMatchObject({ waiting: 1, held: 1 });
  await team.advance(10 * SECOND);
  await endpoint.attempted(2);
  await team.advance(MINUTE);
  await endpoint.attempted(3);
  receiver.answer(() => ({ status: 204 }));
  // The held one has failed once: its second try is where the schedule begins.
  await team.advance(10 * SECOND);
  await endpoint.attempted(4);
  await team.advance(5 * MINUTE);
  await endpoint.settled();
  expect(receiver.seqs()).toEqual([1, 1, 3, 3, 1]);
  expect(foldedOf(receiver)).toEqual([undefined, undefined, '1', '1', undefined]);
  const threes = (await endpoint.attempts()).filter(({ seq }) => seq === 3);
  expect(threes.map(({ number, outcome }) => [number, outcome])).toEqual([
    [1, 'retry'],
    [2, 'delivered'],
  ]);
});

test('when a window breaks off, what was not tried and what follows it is neither lost nor sent twice', async () => {
  let failures = 0;
  receiver.answer(({ event }) => ({ status: event.session === 'ses_0' && failures++ === 0 ? 500 : 204 }));
  const endpoint = await addGrouped(team, receiver);
  const events = Array.from({ length: 200 }, (_, at) => idle(at + 1, { session: `ses_${at % 40}` }));
  expect((await team.call('POST', '/v1/events', batch(events))).status).toBe(202);
  await until('all to be past', async () => (await endpoint.show()).behind === 0);
  await team.advance(2 * MINUTE);
  await endpoint.settled();
  await until('nothing held', async () => (await endpoint.show()).held === 0);
  const seqs = receiver.seqs();
  const once = new Set(seqs);
  expect(seqs.length).toBe(once.size + 1);
  // The first of each session, and of those that were held the last.
  expect([...once].toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 40 }, (_, at) => at + 1).concat(Array.from({ length: 40 }, (_, at) => at + 161)),
  );
  expect(foldedOf(receiver).filter((count) => count === '3')).toHaveLength(40);
});

test('an ordered endpoint sends one at a time, and what it held waits behind what fails', async () => {
  receiver.answer(() => ({ status: 500 }));
  const endpoint = await addGrouped(team, receiver, { ordered: true });
  await post(team, 1);
  await endpoint.attempted(1);
  await post(team, 2);
  await team.advance(10 * SECOND);
  await endpoint.attempted(2);
  await team.advance(MINUTE);
  receiver.answer(() => ({ status: 204 }));
  await team.advance(5 * MINUTE);
  await endpoint.settled();
  expect(receiver.seqs()).toEqual([1, 1, 1, 2]);
  await post(team, 2);
  await endpoint.settled();
  await team.advance(MINUTE);
  await until('all that was held', async () => (await endpoint.show()).held === 0);
  await endpoint.settled();
  expect(receiver.seqs()).toEqual([1, 1, 1, 2, 5]);
});

test('more intervals than one look takes end at one moment', async () => {
  const endpoint = await addGrouped(team, receiver);
  const events = Array.from({ length: 500 }, (_, at) => idle(at + 1, { session: `ses_${at % 250}` }));
  expect((await team.call('POST', '/v1/events', batch(events))).status).toBe(202);
  await endpoint.attempted(250);
  await until('all to be past', async () => (await endpoint.show()).behind === 0);
  expect(await endpoint.show()).toMatchObject({ held: 250 });
  await team.advance(2 * MINUTE);
  await endpoint.attempted(500);
  expect(new Set(receiver.seqs()).size).toBe(500);
});

test('a chat reads for how many others a message stands', async () => {
  const url = new URL('services/T1/B1/secret', receiver.url).href;
  const endpoint = await addEndpoint(team, url, { kind: 'slack', delivery: { group_s: 60 } });
  await post(team, 4);
  await endpoint.settled();
  await team.advance(MINUTE);
  await endpoint.attempted(2);
  const texts = receiver.deliveries.map(({ body }) => JSON.parse(body).text);
  expect(texts[0]).not.toContain('like this');
  expect(texts[1]).toContain('Before it: 2 more like this');
});

test.each([[0], [1.5], ['60'], [86_401], [[60]]])('an interval of %j is refused', async (group_s) => {
  const given = { kind: 'webhook', url: receiver.url, delivery: { group_s } };
  const { status, body } = await team.call('POST', '/v1/endpoints', given);
  expect(status).toBe(400);
  expect(body.detail).toContain('delivery.group_s');
});

test('what is held needs no token of a rate, and what was held goes by the rate', async () => {
  const delivery = { group_s: 60, rate_per_minute: 1, burst: 1 };
  const endpoint = await addGrouped(team, receiver, { delivery });
  const events = [1, 2, 3, 4, 5, 6].map((seq) => idle(seq, { session: seq < 4 ? 'ses_1' : 'ses_2' }));
  expect((await team.call('POST', '/v1/events', batch(events))).status).toBe(202);
  await until('what needs no token', async () => (await endpoint.show()).cursor === 3);
  expect([receiver.seqs(), (await endpoint.show()).held]).toEqual([[1], 1]);
  for (const sent of [2, 3, 4]) {
    await team.advance(MINUTE + SECOND);
    await endpoint.attempted(sent);
  }
  await endpoint.settled();
  expect(receiver.seqs()).toEqual([1, 3, 4, 6]);
});

test('batches hold what leads together, and what was held together', async () => {
  const endpoint = await addGrouped(team, receiver, { delivery: { group_s: 60, batch: 10 } });
  const events = Array.from({ length: 9 }, (_, at) => idle(at + 1, { session: `ses_${at % 3}` }));
  expect((await team.call('POST', '/v1/events', batch(events))).status).toBe(202);
  await endpoint.attempted(3);
  await team.advance(MINUTE + SECOND);
  await endpoint.attempted(6);
  const batches = receiver.deliveries.map(({ event }) => event.data.events.map(({ seq }: { seq: number }) => seq));
  expect(batches.map(sorted)).toEqual([
    [1, 2, 3],
    [7, 8, 9],
  ]);
});

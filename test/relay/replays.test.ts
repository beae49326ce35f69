import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { addEndpoint, post, type TestEndpoint } from './endpoint.ts';
import { replay, replayed, time } from './replay.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const HOUR = 3_600_000;

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver();

/** The dry run first, which moves nothing, then the replay itself: both must count the same. */
async function replayAsCounted(endpoint: TestEndpoint, order: object): Promise<number> {
  const before = receiver.deliveries.length;
  const counted = await replay(team, endpoint, { ...order, dry_run: true });
  expect(await endpoint.show()).toMatchObject({ replaying: 0 });
  expect(receiver.deliveries).toHaveLength(before);
  const { cursor } = await endpoint.show();
  const done = await replay(team, endpoint, order);
  expect(done).toMatchObject({ events: counted.events, remaining: 0 });
  await replayed(endpoint);
  expect(receiver.deliveries).toHaveLength(before + counted.events);
  expect((await endpoint.show()).cursor).toBeGreaterThanOrEqual(cursor);
  return counted.events;
}

function sorted(seqs: readonly number[]): number[] {
  return seqs.toSorted((a, b) => a - b);
}

test('one event is delivered again under its id, and the cursor stays', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 5);
  await endpoint.settled();
  const id = `${team.id}-3`;
  expect(await replayAsCounted(endpoint, { event: id })).toBe(1);
  expect(receiver.deliveries.at(-1)?.headers['webhook-id']).toBe(id);
  const attempts = (await endpoint.attempts()).filter(({ seq }) => seq === 3);
  expect(attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
    [1, 'delivered'],
    [2, 'delivered'],
  ]);
});

test('one event that waits for its next try has it now', async () => {
  receiver.answer(({ event }) => ({ status: event.seq === 2 ? 500 : 200 }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 3);
  await endpoint.attempted(3);
  receiver.answer(() => ({ status: 200 }));
  expect(await replay(team, endpoint, { event: `${team.id}-2` })).toMatchObject({ events: 1 });
  await endpoint.settled();
  expect(receiver.seqs().filter((seq) => seq === 2)).toHaveLength(2);
});

test('what was given up or refused is delivered again, and what was delivered since is not', async () => {
  receiver.answer(({ event }) => ({ status: event.seq % 3 === 0 ? 500 : 200 }));
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { retry_schedule_s: [] } });
  await post(team, 9);
  await endpoint.attempted(9);
  await until('nothing behind', async () => (await endpoint.show()).behind === 0);
  receiver.answer(() => ({ status: 200 }));
  expect(await replayAsCounted(endpoint, { failed: true })).toBe(3);
  expect(sorted(receiver.seqs().slice(9))).toEqual([3, 6, 9]);
  expect(await replay(team, endpoint, { failed: true })).toMatchObject({ events: 0 });
});

test('of what failed only what was received in a time, since the first moment and before the last', async () => {
  receiver.answer(() => ({ status: 500 }));
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { retry_schedule_s: [] } });
  for (let hour = 0; hour < 3; hour += 1) {
    await post(team, 2);
    await endpoint.attempted(2 * (hour + 1));
    await team.advance(2 * HOUR);
  }
  // What is said of the endpoint itself has positions too.
  const tried = sorted(receiver.seqs());
  expect(tried).toHaveLength(6);
  receiver.answer(() => ({ status: 200 }));
  expect(await replayAsCounted(endpoint, { failed: true, since: time(HOUR), until: time(3 * HOUR) })).toBe(2);
  expect(sorted(receiver.seqs().slice(6))).toEqual(tried.slice(2, 4));
  expect(await replayAsCounted(endpoint, { failed: true, until: time(HOUR) })).toBe(2);
  expect(sorted(receiver.seqs().slice(8))).toEqual([1, 2]);
});

test('what is missing from a range is what the endpoint wants and never had', async () => {
  await post(team, 4, ['session.idle', 'custom.other']);
  const endpoint = await addEndpoint(team, receiver.url, { events: ['session.*'] });
  await post(team, 4, ['session.idle', 'custom.other']);
  await endpoint.settled();
  expect(sorted(receiver.seqs())).toEqual([5, 7]);
  const range = { missing: true, since: time(-HOUR), until: time(HOUR) };
  expect(await replayAsCounted(endpoint, range)).toBe(2);
  expect(sorted(receiver.seqs().slice(2))).toEqual([1, 3]);
  expect(await replay(team, endpoint, { ...range, dry_run: true })).toEqual({ events: 0, dry_run: true, notes: [] });
});

test('a dry run of the cursor counts the wanted events among the positions', async () => {
  const endpoint = await addEndpoint(team, receiver.url, { events: ['session.idle'] });
  const types = ['session.idle', ...Array.from({ length: 19 }, (_, at) => `custom.other${at}`)];
  for (let round = 0; round < 21; round += 1) await post(team, 1_000, types);
  await endpoint.settled();
  const body = await replay(team, endpoint, { after: 0, dry_run: true });
  expect(body).toEqual({ after: 0, head: 21_000, positions: 21_000, events: 1_050, dry_run: true });
  expect(receiver.deliveries).toHaveLength(1_050);
});

test('a long replay lets new events through, and what fails of it waits like any other', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 1_000);
  await endpoint.settled();
  await team.query('DELETE FROM attempt');
  receiver.answer(({ event }) => ({ status: event.seq === 500 ? 500 : 200, afterMs: 5 }));
  expect(await replay(team, endpoint, { missing: true, since: time(-HOUR), until: time(HOUR) })).toMatchObject({
    events: 1_000,
    remaining: 0,
  });
  await until('some sent again', () => receiver.deliveries.length > 1_050);
  await post(team, 5);
  await until('the new ones', () => receiver.seqs().filter((seq) => seq > 1_000).length === 5, { everyMs: 1 });
  expect((await endpoint.show()).replaying).toBeGreaterThan(100);
  await until('all but one', async () => {
    const { replaying, waiting } = await endpoint.show();
    return replaying === 0 && waiting === 1;
  });
  receiver.answer(() => ({ status: 200 }));
  await team.advance(6_000);
  await replayed(endpoint);
  expect(new Set(receiver.seqs().slice(1_000)).size).toBe(1_005);
});

test('a receiver that is down stops a replay after a few failures, and it goes on later', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 1_000);
  await endpoint.settled();
  await team.query('DELETE FROM attempt');
  receiver.answer(() => ({ status: 500 }));
  await replay(team, endpoint, { missing: true, since: time(-HOUR), until: time(HOUR) });
  await until('a breaker that opens', async () => (await endpoint.show()).breaker.state === 'open');
  const { waiting, replaying } = await endpoint.show();
  expect(waiting).toBeLessThan(30);
  expect(waiting + replaying).toBe(1_000);
  expect(receiver.deliveries).toHaveLength(1_000 + waiting);
  receiver.answer(() => ({ status: 200 }));
  await team.advance(40_000);
  await replayed(endpoint);
  expect(new Set(receiver.seqs().slice(1_000)).size).toBe(1_000);
});

test('no more than ten thousand wait to be sent again: the others are asked for once there is room', async () => {
  for (let round = 0; round < 11; round += 1) await post(team, 1_000);
  const endpoint = await addEndpoint(team, receiver.url);
  await team.call('POST', `${endpoint.path}/disable`);
  await team.query(`UPDATE endpoint SET cursor = (SELECT max(last) FROM log)`);
  const range = { missing: true, since: time(-HOUR), until: time(HOUR) };
  expect(await replay(team, endpoint, { ...range, dry_run: true })).toMatchObject({ events: 11_000 });
  expect(await replay(team, endpoint, range)).toMatchObject({ events: 10_000, remaining: 1_000 });
  expect(await replay(team, endpoint, range)).toMatchObject({ events: 0, remaining: 1_000 });
  expect(await endpoint.show()).toMatchObject({ replaying: 10_000, state: 'disabled' });
  await team.query('DELETE FROM replay WHERE seq <= 600');
  expect(await replay(team, endpoint, range)).toMatchObject({ events: 600, remaining: 1_000 });
});

test('an ordered endpoint gets them one at a time, in the order of the log, after what is new', async () => {
  let open = 0;
  let most = 0;
  receiver.answer(() => {
    open += 1;
    most = Math.max(most, open);
    setTimeout(() => (open -= 1), 2);
    return { status: 200, afterMs: 2 };
  });
  const endpoint = await addEndpoint(team, receiver.url, { ordered: true });
  await post(team, 30);
  await endpoint.settled();
  await team.query('DELETE FROM attempt');
  await replay(team, endpoint, { missing: true, since: time(-HOUR), until: time(HOUR) });
  await post(team, 3);
  await replayed(endpoint);
  const seqs = receiver.seqs().slice(30);
  const isNew = (seq: number): boolean => seq > 30;
  expect(seqs.filter((seq) => !isNew(seq))).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
  expect(seqs.filter(isNew)).toEqual([31, 32, 33]);
  expect(most).toBe(1);
});

test('an endpoint that takes batches is sent them in batches again', async () => {
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { batch: 10 } });
  await post(team, 30);
  await endpoint.settled();
  await team.query('DELETE FROM attempt');
  const before = receiver.deliveries.length;
  await replay(team, endpoint, { missing: true, since: time(-HOUR), until: time(HOUR) });
  await replayed(endpoint);
  const batches = receiver.deliveries.slice(before).map(({ event }) => event.data.events);
  expect(batches.map((events) => events.length)).toEqual([10, 10, 10]);
  expect(new Set(batches.flat().map(({ seq }) => seq)).size).toBe(30);
});

test('a cursor that is moved back takes what was to be sent again with it', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 6);
  await endpoint.settled();
  await team.call('POST', `${endpoint.path}/disable`);
  for (const seq of [2, 5]) await replay(team, endpoint, { event: `${team.id}-${seq}` });
  expect(await endpoint.show()).toMatchObject({ replaying: 2 });
  await replay(team, endpoint, { after: 4 });
  expect(await endpoint.show()).toMatchObject({ replaying: 1 });
  await team.call('POST', `${endpoint.path}/enable`);
  await replayed(endpoint);
  expect(sorted(receiver.seqs().slice(6)).filter((seq) => seq <= 6)).toEqual([2, 5, 6]);
});

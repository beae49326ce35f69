import { expect, test } from 'vitest';

import { SCHEDULE_MS } from '../../worker/delivery/schedule.ts';
import { until } from '../support/until.ts';
import { addEndpoint, post } from './endpoint.ts';
import { startReceiver, type Answer } from './receiver.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** More than the real time that passes while a test looks. */
const MARGIN = 2_000;

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver();

/** A moment for a delivery that should not be under way. */
function moment(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 100);
  });
}

test('a failing event is tried on the schedule, never before its time, and given up after the last', async () => {
  receiver.answer(() => ({ status: 500, body: 'out of order' }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 1);
  await endpoint.attempted(1);
  for (const [tries, wait] of SCHEDULE_MS.entries()) {
    await team.advance(wait - MARGIN);
    await moment();
    expect(receiver.deliveries).toHaveLength(tries + 1);
    await team.advance(MARGIN);
    await endpoint.attempted(tries + 2);
  }
  const attempts = await endpoint.attempts();
  expect(attempts.map(({ outcome }) => outcome)).toEqual([...SCHEDULE_MS.map(() => 'retry'), 'exhausted']);
  expect(attempts.at(-1)).toMatchObject({ next_at: null, detail: 'answered 500: out of order' });
  expect(await endpoint.show()).toMatchObject({ state: 'enabled', behind: 0, waiting: 0 });
  await team.advance(100 * HOUR);
  await moment();
  expect(receiver.deliveries).toHaveLength(SCHEDULE_MS.length + 1);
});

test('an endpoint may have a schedule of its own, and go back to the common one', async () => {
  receiver.answer(() => ({ status: 500 }));
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { retry_schedule_s: [60] } });
  expect(await endpoint.show()).toMatchObject({ delivery: { retry_schedule_s: [60] } });
  await post(team, 1);
  await endpoint.attempted(1);
  await team.advance(40_000);
  await moment();
  expect(receiver.deliveries).toHaveLength(1);
  await team.advance(40_000);
  await endpoint.attempted(2);
  expect((await endpoint.attempts()).map(({ outcome }) => outcome)).toEqual(['retry', 'exhausted']);
  await team.call('PATCH', endpoint.path, { delivery: { retry_schedule_s: null } });
  expect(await endpoint.show()).toMatchObject({ delivery: {} });
  await post(team, 1);
  await endpoint.attempted(3);
  await team.advance(7_000);
  await endpoint.attempted(4);
});

test.each([[[0]], [[1.5]], [['5']], [[604_801]], [Array(21).fill(1)], ['5']])(
  'a schedule %j is refused',
  async (retry_schedule_s) => {
    const given = { kind: 'webhook', url: receiver.url, delivery: { retry_schedule_s } };
    const { status, body } = await team.call('POST', '/v1/endpoints', given);
    expect(status).toBe(400);
    expect(body.detail).toContain('delivery.retry_schedule_s');
  },
);

test('a long wait does not put off a short one that comes after it', async () => {
  receiver.answer(() => ({ status: 500 }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 1);
  await endpoint.attempted(1);
  await team.advance(6_000);
  await endpoint.attempted(2);
  await post(team, 1);
  await endpoint.attempted(3);
  receiver.answer(() => ({ status: 200 }));
  await team.advance(6_000);
  await endpoint.attempted(4);
  expect((await endpoint.attempts()).map(({ seq, outcome }) => [seq, outcome])).toContainEqual([2, 'delivered']);
  expect(receiver.seqs().filter((seq) => seq === 1)).toHaveLength(2);
});

test.each([
  ['in seconds', () => '120'],
  ['as a date', () => new Date(Date.now() + 2 * MINUTE).toUTCString()],
])('Retry-After %s leaves the receiver alone until then, for every event', async (_, value) => {
  receiver.answer(() => ({ status: 429, headers: { 'retry-after': value() } }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 1);
  await endpoint.attempted(1);
  await post(team, 3);
  const pausedUntil = Date.parse((await endpoint.show()).paused_until);
  expect(pausedUntil - Date.now()).toBeGreaterThan(2 * MINUTE - 5_000);
  expect(pausedUntil - Date.now()).toBeLessThanOrEqual(2 * MINUTE);
  receiver.answer(() => ({ status: 200 }));
  await team.advance(2 * MINUTE - 5_000);
  await moment();
  expect(receiver.deliveries).toHaveLength(1);
  await team.advance(5_000);
  await endpoint.settled();
  expect(new Set(receiver.seqs())).toEqual(new Set([1, 2, 3, 4]));
  expect(receiver.deliveries).toHaveLength(5);
});

test('a receiver cannot put itself off for more than a day', async () => {
  receiver.answer(() => ({ status: 503, headers: { 'retry-after': '99999999' } }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 1);
  await endpoint.attempted(1);
  receiver.answer(() => ({ status: 200 }));
  await team.advance(24 * HOUR + 1_000);
  await endpoint.settled();
  expect(receiver.seqs()).toEqual([1, 1]);
});

test('410 disables the endpoint; enabled again it goes on and nothing is lost', async () => {
  receiver.answer(({ event }) => ({ status: event.seq < 3 ? 200 : 410 }));
  const endpoint = await addEndpoint(team, receiver.url, { ordered: true });
  await post(team, 5);
  await endpoint.attempted(3);
  expect(await endpoint.show()).toMatchObject({ state: 'disabled', reason: 'answered 410' });
  await post(team, 2);
  await team.advance(48 * HOUR);
  await moment();
  expect(receiver.seqs()).toEqual([1, 2, 3]);
  receiver.answer(() => ({ status: 200 }));
  const enabled = await team.call('POST', `${endpoint.path}/enable`);
  expect(enabled.body.endpoint).toMatchObject({ state: 'enabled', reason: null });
  await endpoint.settled();
  // The sixth says that it was disabled, which it is not told itself.
  expect(receiver.seqs()).toEqual([1, 2, 3, 3, 4, 5, 7, 8]);
});

test('a disabled endpoint is left alone and burns no attempt; enabled it gets all that it missed', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await team.call('POST', `${endpoint.path}/disable`);
  expect(await endpoint.show()).toMatchObject({ state: 'disabled', reason: 'disabled by an admin' });
  await post(team, 20);
  await team.advance(HOUR);
  await moment();
  expect(receiver.deliveries).toHaveLength(0);
  expect(await endpoint.show()).toMatchObject({ behind: 21 });
  await team.call('POST', `${endpoint.path}/enable`);
  await endpoint.settled();
  expect(new Set(receiver.seqs()).size).toBe(20);
  expect(receiver.deliveries).toHaveLength(20);
});

test('a redirect is not followed', async () => {
  const elsewhere = await startReceiver();
  for (const status of [301, 302, 303, 307, 308]) {
    const location = `${elsewhere.url}${'x'.repeat(8_000)}`;
    receiver.answer(() => ({ status, headers: { location } }));
    const endpoint = await addEndpoint(team, receiver.url);
    await post(team, 1);
    await endpoint.attempted(1);
    const [attempt] = await endpoint.attempts();
    expect(attempt).toMatchObject({ outcome: 'retry', status });
    expect(attempt.detail).toContain(`answered ${status} to ${new URL(elsewhere.url).origin}: not followed`);
    expect(attempt.detail.length).toBeLessThan(600);
    await team.call('DELETE', endpoint.path);
  }
  expect(elsewhere.deliveries).toHaveLength(0);
  await elsewhere.close();
});

test('an endpoint that is moved gets what the old address refused', async () => {
  receiver.answer(() => ({ status: 500 }));
  const moved = await startReceiver();
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 3);
  await endpoint.attempted(3);
  expect((await team.call('PATCH', endpoint.path, { url: moved.url })).status).toBe(200);
  expect((await team.call('PATCH', endpoint.path, { url: 'ftp://example.com/' })).status).toBe(400);
  await team.advance(6_000);
  await endpoint.settled();
  expect(new Set(moved.seqs())).toEqual(new Set([1, 2, 3]));
  await moved.close();
});

test.each([
  ['gone', { status: 410 }],
  ['retry', { status: 429, headers: { 'retry-after': '3600' } }],
  ['retry', { status: 500 }],
])('what the address before still had to say (%s, %j) is not held against the new one', async (outcome, answer) => {
  receiver.answer(() => ({ ...answer, afterMs: 300 }));
  const moved = await startReceiver();
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 1);
  await until('a request under way', () => receiver.deliveries.length === 1);
  expect((await team.call('PATCH', endpoint.path, { url: moved.url })).status).toBe(200);
  await endpoint.attempted(2);
  expect((await endpoint.attempts()).map((attempt) => attempt.outcome)).toEqual([outcome, 'delivered']);
  expect([receiver.seqs(), moved.seqs()]).toEqual([[1], [1]]);
  expect(await endpoint.show()).toMatchObject({ state: 'enabled', failing_since: null, breaker: { state: 'closed' } });
  await moved.close();
});

const BAD: readonly (readonly [string, Answer, string])[] = [
  ['hangs up', 'reset', 'no answer: '],
  ['answers with megabytes', 'flood', ''],
  ['complains at length', { status: 500, body: 'x'.repeat(5_000_000) }, 'answered 500: xxx'],
  ['speaks in tongues', { status: 500, body: '\u0000\u001b[31m\ud800' }, 'answered 500: '],
];

test.each(BAD)('a receiver that %s costs no more than a line', async (_, answer, words) => {
  receiver.answer(() => answer);
  const endpoint = await addEndpoint(team, receiver.url);
  const before = performance.now();
  await post(team, 1);
  await endpoint.attempted(1);
  expect(performance.now() - before).toBeLessThan(5_000);
  const [attempt] = await endpoint.attempts();
  expect((attempt.detail ?? '').slice(0, words.length)).toBe(words);
  expect((attempt.detail ?? '').length).toBeLessThan(600);
});

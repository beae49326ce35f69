import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { addEndpoint, post } from './endpoint.ts';
import { startReceiver, type Answer } from './receiver.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver();

function sorted(seqs: readonly number[]): number[] {
  return seqs.toSorted((a, b) => a - b);
}

test('a replay after a position delivers all behind it once more, under the same ids', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 5);
  await endpoint.settled();
  const first = new Map(receiver.deliveries.map(({ event, headers }) => [event.seq, headers['webhook-id']]));
  const { status, body } = await team.call('POST', `${endpoint.path}/replay`, { after: 2 });
  expect([status, body]).toEqual([202, { after: 2, head: 5, positions: 3, dry_run: false }]);
  await endpoint.attempted(8);
  await endpoint.settled();
  const again = receiver.deliveries.slice(5);
  expect(sorted(again.map(({ event }) => event.seq))).toEqual([3, 4, 5]);
  for (const { event, headers } of again) expect(headers['webhook-id']).toBe(first.get(event.seq));
  const third = (await endpoint.attempts()).filter(({ seq }) => seq === 3);
  expect(third.map(({ number, outcome }) => [number, outcome])).toEqual([
    [1, 'delivered'],
    [2, 'delivered'],
  ]);
});

test('a replay since a time delivers what was received from then on', async () => {
  await post(team, 2);
  await team.advance(3_600_000);
  await post(team, 3);
  const endpoint = await addEndpoint(team, receiver.url);
  const since = new Date(Date.now() + 1_800_000).toISOString();
  const { body } = await team.call('POST', `${endpoint.path}/replay`, { since });
  expect(body).toMatchObject({ after: 2, positions: 3 });
  await endpoint.settled();
  expect(sorted(receiver.seqs())).toEqual([3, 4, 5]);
});

test('a dry run says how many positions it would be and moves nothing', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 4);
  await endpoint.settled();
  const { status, body } = await team.call('POST', `${endpoint.path}/replay`, { after: 0, dry_run: true });
  expect([status, body]).toEqual([202, { after: 0, head: 4, positions: 4, events: 4, dry_run: true }]);
  expect(await endpoint.show()).toMatchObject({ cursor: 4, behind: 0 });
  expect(receiver.deliveries).toHaveLength(4);
});

test('a replay never skips what was not delivered yet', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await team.call('POST', `${endpoint.path}/disable`);
  await post(team, 3);
  const { body } = await team.call('POST', `${endpoint.path}/replay`, { after: 3 });
  // The first position says that it was disabled, which it is not told itself.
  expect(body).toMatchObject({ after: 0, positions: 4 });
  const { body: late } = await team.call('POST', `${endpoint.path}/replay`, { since: '2099-01-01T00:00:00Z' });
  expect(late).toMatchObject({ after: 0 });
  await team.call('POST', `${endpoint.path}/enable`);
  await endpoint.settled();
  expect(sorted(receiver.seqs())).toEqual([2, 3, 4]);
});

test('a replay starts events that wait for a retry afresh', async () => {
  receiver.answer(({ event }) => ({ status: event.seq === 2 ? 500 : 200 }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 3);
  await endpoint.attempted(3);
  expect(await endpoint.show()).toMatchObject({ waiting: 1 });
  receiver.answer(() => ({ status: 200 }));
  await team.call('POST', `${endpoint.path}/replay`, { after: 0 });
  await endpoint.settled();
  expect(sorted(receiver.seqs())).toEqual([1, 1, 2, 2, 3, 3]);
});

test('a replay while a window is under way still delivers all of it', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 5);
  await endpoint.settled();
  await post(team, 300);
  await until('a window under way', () => receiver.deliveries.length >= 25, { everyMs: 1 });
  await team.call('POST', `${endpoint.path}/replay`, { after: 0 });
  await endpoint.settled();
  expect(new Set(receiver.seqs()).size).toBe(305);
  expect(receiver.deliveries.length).toBeGreaterThan(310);
  // What was under way when the cursor was moved stands in the log like all that was sent.
  const recorded = (await endpoint.attempts()).map(({ seq }) => seq);
  expect(sorted(recorded)).toEqual(sorted(receiver.seqs()));
});

test.each<[string, Answer, object, object]>([
  [
    'Retry-After',
    { status: 429, headers: { 'retry-after': '60' }, afterMs: 300 },
    { outcome: 'retry', status: 429, next_at: expect.any(String) },
    { state: 'enabled', paused_until: expect.any(String), waiting: 0, cursor: 0 },
  ],
  [
    '410',
    { status: 410, afterMs: 300 },
    { outcome: 'gone', status: 410, next_at: null },
    { state: 'disabled', reason: expect.stringContaining('410'), behind: expect.any(Number), waiting: 0, cursor: 0 },
  ],
])('a %s of a window that a replay came between is heeded', async (_, answer, attempt, shown) => {
  const endpoint = await addEndpoint(team, receiver.url, { events: ['session.idle'] });
  await post(team, 1);
  await endpoint.settled();
  receiver.answer(() => answer);
  await post(team, 1);
  await until('a request under way', () => receiver.deliveries.length === 2);
  await team.call('POST', `${endpoint.path}/replay`, { after: 0 });
  await endpoint.attempted(2);
  expect(await endpoint.attempts()).toMatchObject([
    { seq: 1, outcome: 'delivered' },
    { seq: 2, number: 1, ...attempt },
  ]);
  expect(await endpoint.show()).toMatchObject(shown);
});

test('a retry that succeeds while a replay of later events begins is over', async () => {
  receiver.answer(() => ({ status: 500 }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 1);
  await endpoint.attempted(1);
  receiver.answer(() => ({ status: 204 }));
  await post(team, 2);
  await endpoint.attempted(3);
  receiver.answer(() => ({ status: 204, afterMs: 300 }));
  await team.advance(7_000);
  await until('the retry under way', () => receiver.deliveries.length === 4);
  await team.call('POST', `${endpoint.path}/replay`, { after: 2 });
  await endpoint.settled();
  await team.advance(3_600_000);
  expect(sorted(receiver.seqs())).toEqual([1, 1, 2, 3, 3]);
  expect((await endpoint.attempts()).map(({ seq, number }) => [seq, number])).toEqual([
    [1, 1],
    [1, 2],
    [2, 1],
    [3, 1],
    [3, 2],
  ]);
});

test('a deleted endpoint is gone, also while it is delivered to', async () => {
  const doomed = await startReceiver(() => ({ status: 500 }));
  const endpoint = await addEndpoint(team, doomed.url);
  await post(team, 300);
  await endpoint.attempted(1);
  doomed.answer(() => 'silence');
  await team.advance(6_000);
  expect((await team.call('DELETE', endpoint.path)).status).toBe(204);
  expect((await team.call('GET', endpoint.path)).status).toBe(404);
  await doomed.close();
  await team.advance(3_600_000);
  for (const table of ['retry', 'replay', 'health', 'attempt', 'endpoint']) {
    expect(await team.query(`SELECT count(*) AS n FROM ${table}`)).toEqual([{ n: 0 }]);
  }
  expect((await team.call('GET', '/v1/team')).status).toBe(200);
});

test.each([
  [{}],
  [{ since: 'yesterday' }],
  [{ since: '2026-11-20' }],
  [{ since: '2026-02-30T00:00:00Z' }],
  [{ after: -1 }],
  [{ after: 1.5 }],
  [{ after: 0, since: '2026-11-20T00:00:00Z' }],
  [{ after: 0, force: true }],
])('a replay from %j is refused', async (from) => {
  const endpoint = await addEndpoint(team, receiver.url);
  const { status, body } = await team.call('POST', `${endpoint.path}/replay`, from);
  expect([status, body.type]).toEqual([400, 'urn:gasline:problem:body-malformed']);
});

test.each<[object, number, string]>([
  [{ event: 'nobody-3' }, 400, 'event: must be an id such as'],
  [{ event: 3 }, 400, 'event: must be the id of an event'],
  [{ event: '{team}-0' }, 400, 'event: must be an id'],
  [{ event: '{team}-99' }, 404, 'there is no event 99'],
  [{ event: '{team}-2' }, 400, 'does not want custom.other'],
  [{ failed: false }, 400, 'failed: must be true'],
  [{ failed: true, since: 'yesterday' }, 400, 'since: must be an ISO 8601 time'],
  [{ failed: true, after: 3 }, 400, 'after: is not a field of this'],
  [{ missing: true }, 400, 'since: is missing'],
  [{ missing: true, since: '2026-11-20T00:00:00Z' }, 400, 'until: is missing'],
  [{ missing: true, since: '2026-11-20T00:00:00Z', until: '2026-11-19T00:00:00Z' }, 400, 'until: must not lie before'],
  [{}, 400, 'by one of event, failed, missing, after, since'],
  [[], 400, 'by one of'],
])('a replay of %j is refused with %d', async (order, expected, words) => {
  const endpoint = await addEndpoint(team, receiver.url, { events: ['session.idle'] });
  await post(team, 3, ['session.idle', 'custom.other']);
  await endpoint.settled();
  const sent = JSON.stringify(order).replace('{team}', team.id);
  const { status, body } = await team.call('POST', `${endpoint.path}/replay`, sent);
  expect([status, body.detail]).toEqual([expected, expect.stringContaining(words)]);
  expect(await endpoint.show()).toMatchObject({ replaying: 0 });
});

test('what the endpoint has still to come to needs no replay, and an unknown endpoint has none', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await team.call('POST', `${endpoint.path}/disable`);
  await post(team, 2);
  const { status, body } = await team.call('POST', `${endpoint.path}/replay`, { event: `${team.id}-3` });
  expect([status, body.detail]).toEqual([400, expect.stringContaining('comes by itself')]);
  const range = { missing: true, since: '2020-01-01T00:00:00Z', until: '2099-01-01T00:00:00Z' };
  expect((await team.call('POST', `${endpoint.path}/replay`, range)).body).toMatchObject({ events: 0 });
  expect((await team.call('POST', '/v1/endpoints/ep_none/replay', range)).status).toBe(404);
  expect((await team.call('POST', '/v1/endpoints/ep_none/replay', { event: `${team.id}-1` })).status).toBe(404);
});

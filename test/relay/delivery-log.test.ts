import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { addEndpoint, post, type TestEndpoint } from './endpoint.ts';
import type { Reply } from './harness.ts';
import { keepingTeam } from './keeping.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const DAY = 24 * 3_600_000;

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver();

const list = (endpoint: TestEndpoint, query: string) => team.call('GET', `${endpoint.path}/attempts?${query}`);
const names = ({ body }: Reply) => body.attempts.map(({ attempt }: { attempt: string }) => attempt);

test('attempts are found by event, status, outcome and time', async () => {
  const statuses = [204, 500, 503, 404, 204];
  receiver.answer(({ event }) => ({ status: statuses[event.seq - 1] ?? 500 }));
  const endpoint = await addEndpoint(team, receiver.url, {
    events: ['session.*'],
    delivery: { retry_schedule_s: [60, 6_000] },
  });
  const deaf = await addEndpoint(team, 'http://127.0.0.1:9/');
  await post(team, 5);
  await endpoint.attempted(5);
  await deaf.attempted(1);
  await team.query(`UPDATE attempt SET at = at - ${DAY} WHERE seq = 1`);
  await until('retries', async () => {
    await team.advance(75_000);
    return names(await list(endpoint, 'limit=1000')).length >= 8;
  });
  const found = async (query: string) => names(await list(endpoint, query)).toSorted();
  const all = await found('limit=1000');
  expect(all).toEqual(['1.1', '2.1', '2.2', '3.1', '3.2', '4.1', '4.2', '5.1']);
  expect(await found(`event=${team.id}-3`)).toEqual(['3.1', '3.2']);
  expect(await found(`event=${team.id}-9`)).toEqual([]);
  expect(await found('status=204')).toEqual(['1.1', '5.1']);
  expect(await found('status=5xx')).toEqual(['2.1', '2.2', '3.1', '3.2']);
  expect(await found('status=none')).toEqual([]);
  expect(names(await list(deaf, 'status=none')).length).toBeGreaterThan(0);
  expect(await found('outcome=retry&status=404')).toEqual(['4.1', '4.2']);
  const half = new Date(Date.now() - DAY / 2).toISOString();
  expect(await found(`until=${half}`)).toEqual(['1.1']);
  expect(await found(`since=${half}&status=2xx`)).toEqual(['5.1']);
  expect(await found(`event=${team.id}-2&before=2.2`)).toEqual(['2.1']);
});

test('a search that finds little goes on page by page, some of them empty, and looks at no more than it may at once', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 1);
  await endpoint.settled();
  const numbers = Array.from({ length: 12_000 }, (_, at) => at + 2).join();
  await team.query(`INSERT INTO attempt (endpoint, seq, number, at, duration_ms, outcome, status)
                    SELECT '${endpoint.id}', 1, value, 0, 0, 'retry', 500 FROM json_each('[${numbers}]')`);
  const sizes: number[] = [];
  const found: string[] = [];
  let next: string | null = '';
  while (next !== null) {
    const reply: Reply = await list(endpoint, `status=204${next === '' ? '' : `&before=${next}`}`);
    sizes.push(reply.body.attempts.length);
    found.push(...names(reply));
    next = reply.body.next;
  }
  expect([sizes, found]).toEqual([[0, 0, 1], ['1.1']]);
  expect((await list(endpoint, 'limit=3')).body.next).toBe('1.11999');
});

test.each([
  ['event=42', 'event: must be the id of an event, such as'],
  ['event=other-42', 'event: must be the id of an event, such as'],
  ['status=200x', 'status: must be a status such as 500, 5xx or none, got 200x'],
  ['status=6xx', 'status: must be'],
  ['status=20', 'status: must be'],
  ['outcome=lost', 'outcome: must be one of delivered'],
  ['since=yesterday', 'since: '],
  ['before=42', 'before: must be what next said'],
  ['limit=1001', 'limit: must be a whole number from 1 to 1000'],
  ['state=failed', 'state: not a parameter of this route'],
])('a search by %s is refused with what to do', async (query, words) => {
  const endpoint = await addEndpoint(team, receiver.url);
  const { status, body } = await list(endpoint, query);
  expect([status, body.type, body.detail.slice(0, words.length)]).toEqual([
    400,
    'urn:gasline:problem:query-malformed',
    words,
  ]);
});

test('an event is found by its id, with its attempts at all endpoints', async () => {
  const endpoints = [await addEndpoint(team, receiver.url), await addEndpoint(team, receiver.url)];
  await post(team, 2);
  for (const endpoint of endpoints) await endpoint.settled();
  const [, second] = (await team.call('GET', '/v1/events')).body.events;
  expect((await team.call('GET', `/v1/events/${second.id}`)).body).toEqual({ event: second });
  const { attempts } = (await team.call('GET', `/v1/events/${second.id}/attempts`)).body;
  expect(attempts.map(({ attempt }: Reply['body']) => attempt)).toEqual(['2.1', '2.1']);
  expect(new Set(attempts.map(({ endpoint }: Reply['body']) => endpoint))).toEqual(
    new Set(endpoints.map(({ id }) => id)),
  );
  for (const id of [`${team.id}-3`, `${team.id}-0`, `${team.id}-02`, 'other-1', '1', `${team.id}-test-x`]) {
    for (const path of [`/v1/events/${id}`, `/v1/events/${id}/attempts`]) {
      const { status, body } = await team.call('GET', path);
      expect([id, status, body.type]).toEqual([id, 404, 'urn:gasline:problem:not-found']);
    }
  }
});

test('an event that has left the log is read from the archive, for itself and for what was sent', async () => {
  const keeping = await keepingTeam(relay);
  const endpoint = await addEndpoint(keeping, receiver.url);
  await post(keeping, 3);
  await endpoint.settled();
  await keeping.pass(2 * DAY);
  await post(keeping, 1);
  await endpoint.settled();
  await keeping.keep({ log_days: 1 });
  await keeping.archived(3);
  const sent = receiver.deliveries.find(({ event }) => event.seq === 2);
  expect((await keeping.call('GET', `/v1/events/${keeping.id}-2`)).body).toEqual({ event: sent?.event });
  const attempt = async (init?: RequestInit) =>
    (await keeping.call('GET', `${endpoint.path}/attempts/2.1`, undefined, init)).body.attempt;
  expect((await attempt()).request).toMatchObject({ body: sent?.body, whole: true });
  const unbound = await attempt({ headers: { 'x-test-unbound': 'yes' } });
  expect(unbound).toMatchObject({ request: { body: null, whole: false }, response: { status: 204 }, curl: null });
});

test('when it was delivered to last is known, whatever event that was and however many were refused since', async () => {
  receiver.answer(({ event }) => ({ status: event.seq === 1 ? 204 : 500 }));
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { retry_schedule_s: [] } });
  expect(await endpoint.show()).toMatchObject({ last_delivered_at: null });
  await post(team, 1);
  await endpoint.settled();
  const [{ at: first }] = await endpoint.attempts();
  expect(await endpoint.show()).toMatchObject({ last_delivered_at: first });
  const rows = Array.from({ length: 300 }, (_, at) => at + 1_000).join();
  await team.query(`INSERT INTO attempt (endpoint, seq, number, at, duration_ms, outcome, status)
                    SELECT '${endpoint.id}', value, 1, ${Date.now()}, 0, 'rejected', 400 FROM json_each('[${rows}]')`);
  expect(await endpoint.show()).toMatchObject({ last_delivered_at: first });
  // A replay of an old event counts, and a change of the endpoint leaves the time alone.
  await team.call('POST', `${endpoint.path}/replay`, { event: `${team.id}-1` });
  await until('another attempt', async () => (await endpoint.attempts(`event=${team.id}-1`)).length === 2);
  const [, { at: second }] = (await endpoint.attempts(`event=${team.id}-1`)) as [unknown, { at: string }];
  expect(Date.parse(second)).toBeGreaterThan(Date.parse(first));
  await team.call('PATCH', endpoint.path, { name: 'renamed' });
  expect(await endpoint.show()).toMatchObject({ name: 'renamed', last_delivered_at: second });
});

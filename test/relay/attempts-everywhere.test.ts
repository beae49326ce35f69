// GET /v1/attempts: the delivery log over all endpoints.
import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { addEndpoint, post, type TestEndpoint } from './endpoint.ts';
import type { Reply } from './harness.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);
const bad = useReceiver(({ event }) => ({ status: event.seq % 2 === 0 ? 500 : 204 }));
const good = useReceiver();

const list = (query: string) => team.call('GET', `/v1/attempts?${query}`);
const named = ({ body }: Reply): string[] =>
  body.attempts.map(({ endpoint, attempt }: Reply['body']) => `${endpoint} ${attempt}`);

async function three(): Promise<TestEndpoint[]> {
  const endpoints = [];
  for (const url of [bad.url, good.url, bad.url]) endpoints.push(await addEndpoint(team, url));
  const [first] = endpoints.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  await post(team, 6);
  for (const endpoint of endpoints) await endpoint.attempted(6);
  // A second try of one event at one endpoint.
  await team.call('POST', `${first?.path}/replay`, { event: `${team.id}-5` });
  await first?.attempted(7);
  return endpoints;
}

test('attempts at all endpoints are found in one search, the newest position first, page by page', async () => {
  const endpoints = await three();
  const ids = endpoints.map(({ id }) => id).toSorted((a, b) => (a < b ? -1 : 1));
  const expected = [6, 5, 4, 3, 2, 1].flatMap((seq) =>
    ids.flatMap((id, index) => (seq === 5 && index === 0 ? [`${id} 5.2`, `${id} 5.1`] : [`${id} ${seq}.1`])),
  );
  const all = await list('limit=1000');
  expect([all.status, named(all), all.body.next]).toEqual([200, expected, null]);
  for (const limit of [1, 2, 3, 7]) {
    const found: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const page: Reply = await list(`limit=${limit}${next === '' ? '' : `&before=${next}`}`);
      expect(page.body.attempts.length).toBeLessThanOrEqual(limit);
      found.push(...named(page));
      next = page.body.next;
    }
    expect([limit, found]).toEqual([limit, expected]);
  }
  const count = async (query: string) => named(await list(query)).length;
  expect(await count('status=5xx')).toBe(6);
  expect(await count('outcome=delivered')).toBe(13);
  expect(await count(`event=${team.id}-5`)).toBe(4);
  expect(await count(`event=${team.id}-4&outcome=retry`)).toBe(2);
  expect(await count(`endpoint=${endpoints[1]?.id}&status=500`)).toBe(0);
  expect(await count(`until=2020-01-01T00:00:00Z`)).toBe(0);
  const [one] = all.body.attempts;
  const same = (await team.call('GET', `/v1/endpoints/${one.endpoint}/attempts?limit=1`)).body.attempts[0];
  expect(one).toEqual({ endpoint: one.endpoint, ...same });
});

test('a search over all endpoints looks at no more than it may at once, and a deleted endpoint is not in it', async () => {
  const [one, two] = [await addEndpoint(team, good.url), await addEndpoint(team, good.url)];
  await post(team, 1);
  for (const endpoint of [one, two]) await endpoint.settled();
  const numbers = Array.from({ length: 4_000 }, (_, at) => at + 2).join();
  for (const { id } of [one, two]) {
    await team.query(`INSERT INTO attempt (endpoint, seq, number, at, duration_ms, outcome, status)
                      SELECT '${id}', 1, value, 0, 0, 'retry', 500 FROM json_each('[${numbers}]')`);
  }
  const first = await list('status=204');
  const rest = await list(`status=204&before=${first.body.next}`);
  expect([first.body.attempts.length, rest.body.attempts.length, rest.body.next]).toEqual([1, 1, null]);
  await team.call('DELETE', one.path);
  await until('what is left', async () => (await list('status=204&limit=1')).body.attempts.length <= 1);
  const left = [await list('limit=1000')].flatMap(({ body }) => body.attempts);
  expect(new Set(left.map(({ endpoint }: Reply['body']) => endpoint))).toEqual(new Set([two.id]));
});

test.each([
  ['before=42.3', 400, 'before: must be what next said, such as 42.3.ep_'],
  ['before=ep_1', 400, 'before: must be what next said'],
  ['endpoint=ep_none', 404, 'there is no endpoint ep_none'],
  ['member=ann', 400, 'member: not a parameter of this route'],
  ['limit=0', 400, 'limit: must be a whole number from 1 to 1000'],
])('a search over all by %s is refused with %d', async (query, expected, words) => {
  const { status, body } = await list(query);
  expect([status, body.detail.slice(0, words.length)]).toEqual([expected, words]);
});

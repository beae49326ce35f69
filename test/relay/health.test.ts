import { expect, test } from 'vitest';

import { SCHEDULE_MS } from '../../worker/delivery/schedule.ts';
import { until } from '../support/until.ts';
import { addEndpoint, post, type TestEndpoint } from './endpoint.ts';
import { newsOf } from './news.ts';
import { readLog } from './oracle.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const relay = useRelay();
const team = useTeam(relay);
const news = newsOf(team);
const bad = useReceiver(() => ({ status: 500, body: 'hush' }));
const good = useReceiver();

/** Posts an event and waits until it has been tried. */
async function fail(endpoint: TestEndpoint): Promise<void> {
  const before = (await endpoint.attempts()).length;
  await post(team, 1);
  await endpoint.attempted(before + 1);
}

test('five days of failing disable an endpoint; the others are told once of each step, itself never, and nothing is lost', async () => {
  const failing = await addEndpoint(team, `${bad.url}hook/tok_SECRET`, { name: 'ops' });
  const other = await addEndpoint(team, good.url, { events: ['endpoint.*'] });
  await post(team, 1);
  await failing.attempted(1);
  for (const [tries, wait] of SCHEDULE_MS.entries()) {
    await team.advance(wait);
    await failing.attempted(tries + 2);
    expect(await news.types()).toEqual(tries === 0 ? [] : ['endpoint.failing']);
  }
  expect(await failing.show()).toMatchObject({ state: 'enabled', last_delivered_at: null });
  const since = (await failing.show()).failing_since;
  await team.advance(DAY);
  await fail(failing);
  expect(await failing.show()).toMatchObject({ state: 'enabled', failing_since: since });
  await team.advance(DAY);
  await until('a disabled endpoint', async () => (await failing.show()).state === 'disabled');
  const reason = 'nothing was delivered for 5 days: answered 500';
  const shown = await failing.show();
  expect(shown).toMatchObject({ reason, failing_since: since });
  const data = await news.untilSaid('endpoint.disabled');
  expect(data).toEqual({
    endpoint: failing.id,
    name: 'ops',
    kind: 'webhook',
    state: 'disabled',
    since,
    reason,
    by: null,
    error: 'answered 500',
    status: 500,
    behind: expect.any(Number),
    waiting: 1,
  });
  expect(JSON.stringify(await news.said())).not.toMatch(/SECRET|hush|127\.0\.0\.1/);

  const tries = bad.deliveries.length;
  await post(team, 3);
  await team.advance(9 * DAY);
  await other.settled();
  expect(bad.deliveries).toHaveLength(tries);
  expect(good.deliveries.map(({ event }) => event.type)).toEqual(['endpoint.failing', 'endpoint.disabled']);

  bad.answer(() => ({ status: 200 }));
  await team.call('POST', `${failing.path}/enable`);
  await failing.settled();
  await team.advance(0);
  expect(await news.untilSaid('endpoint.exhausted')).toMatchObject({ endpoint: failing.id, exhausted: 1 });
  await other.settled();
  const types = good.deliveries.map(({ event }) => event.type);
  expect(types.slice(2)).toEqual(['endpoint.recovered', 'endpoint.exhausted']);
  expect(await failing.show()).toMatchObject({ failing_since: null, last_delivered_at: expect.any(String) });
  const own = bad.deliveries.filter(({ event }) => event.type.startsWith('endpoint.'));
  expect(own).toEqual([]);
  expect(await team.query('SELECT * FROM health')).toEqual([]);
  // What was given up before is what a replay of the failed brings.
  const { body } = await team.call('POST', `${failing.path}/replay`, { failed: true });
  expect(body).toMatchObject({ events: 1 });
  await failing.settled();
  const log = (await readLog(team)).filter(({ type }) => type === 'session.idle').map(({ seq }) => seq);
  const taken = bad.deliveries.slice(tries).map(({ event }) => event.seq);
  expect(new Set(taken)).toEqual(new Set(log));
});

test('while nothing is due the clock tells and disables, after the hours that the endpoint sets', async () => {
  bad.answer(() => ({ status: 503, headers: { 'retry-after': '86400' } }));
  const endpoint = await addEndpoint(team, bad.url, { delivery: { disable_after_h: 10 } });
  await post(team, 1);
  await endpoint.attempted(1);
  await team.advance(4 * MINUTE);
  expect(await news.types()).toEqual([]);
  await team.advance(MINUTE);
  expect(await news.types()).toEqual(['endpoint.failing']);
  await team.advance(10 * HOUR - 10 * MINUTE);
  expect(await endpoint.show()).toMatchObject({ state: 'enabled' });
  await team.advance(10 * MINUTE);
  expect(await endpoint.show()).toMatchObject({ state: 'disabled' });
  expect(await news.types()).toEqual(['endpoint.failing', 'endpoint.disabled']);
  expect(bad.deliveries).toHaveLength(1);
});

test('what was due while the relay was away is tried before an endpoint is given up', async () => {
  const endpoint = await addEndpoint(team, bad.url);
  await post(team, 1);
  await endpoint.attempted(1);
  await team.advance(6_000);
  await endpoint.attempted(2);
  await team.advance(6 * MINUTE);
  await endpoint.attempted(3);
  expect(await news.types()).toEqual(['endpoint.failing']);
  bad.answer(() => ({ status: 200 }));
  await team.advance(6 * DAY);
  await endpoint.settled();
  expect(await news.types()).toEqual(['endpoint.failing', 'endpoint.recovered']);
});

test('an endpoint that is never to be disabled fails on, and one with nothing to get is left alone', async () => {
  const never = await addEndpoint(team, bad.url, { delivery: { disable_after_h: 0 } });
  const quiet = await addEndpoint(team, bad.url, { events: ['custom.rare'], delivery: { retry_schedule_s: [300] } });
  await post(team, 1, ['custom.rare']);
  await quiet.attempted(1);
  await team.advance(6 * MINUTE);
  await quiet.attempted(2);
  expect(await quiet.show()).toMatchObject({ waiting: 0 });
  for (let day = 0; day < 8; day += 1) {
    await team.advance(DAY);
    await fail(never);
  }
  expect(await never.show()).toMatchObject({ state: 'enabled' });
  expect(await quiet.show()).toMatchObject({ state: 'enabled', failing_since: expect.any(String) });
  expect((await news.types()).toSorted()).toEqual(['endpoint.failing', 'endpoint.failing']);
  await post(team, 1, ['custom.rare']);
  await until('a disabled endpoint', async () => (await quiet.show()).state === 'disabled');
});

test('two failing endpoints that hear all of each other say each thing once', async () => {
  const [one, two] = [await addEndpoint(team, bad.url), await addEndpoint(team, bad.url)];
  await post(team, 1);
  for (let quarter = 0; quarter < 4 * 7; quarter += 1) {
    await team.advance(6 * HOUR);
    await until('nothing that is due', async () => (await news.health()).oldest_due === null);
    if (quarter % 4 === 0) await post(team, 1);
  }
  await until('two disabled endpoints', async () =>
    [await one.show(), await two.show()].every(({ state }) => state === 'disabled'),
  );
  expect((await news.types()).toSorted()).toEqual([
    'endpoint.disabled',
    'endpoint.disabled',
    'endpoint.failing',
    'endpoint.failing',
  ]);
  bad.answer(() => ({ status: 200 }));
  for (const { path } of [one, two]) await team.call('POST', `${path}/enable`);
  for (const endpoint of [one, two]) await endpoint.settled();
  expect((await news.types()).filter((type) => type === 'endpoint.recovered')).toHaveLength(2);
  expect(await team.query('SELECT * FROM health')).toEqual([]);
});

test.each<[string, (endpoint: TestEndpoint) => Promise<unknown>, object]>([
  [
    'by 410',
    async () => {
      bad.answer(() => ({ status: 410, body: 'hush' }));
      await post(team, 1);
    },
    { reason: 'its receiver wants nothing more: answered 410', by: null, waiting: 1 },
  ],
  [
    'by an admin',
    (endpoint) => team.call('POST', `${endpoint.path}/disable`),
    { reason: 'disabled by an admin', by: expect.stringMatching(/\w+/) },
  ],
])('an endpoint that is disabled %s is told of, and its recovery too', async (_, disable, expected) => {
  const endpoint = await addEndpoint(team, bad.url);
  await addEndpoint(team, good.url, { events: ['endpoint.*'] });
  await disable(endpoint);
  const data = await news.untilSaid('endpoint.disabled');
  expect(data).toMatchObject({ endpoint: endpoint.id, state: 'disabled', ...expected });
  await team.call('POST', `${endpoint.path}/disable`);
  expect(await news.types()).toEqual(['endpoint.disabled']);
  bad.answer(() => ({ status: 200 }));
  await team.call('POST', `${endpoint.path}/enable`);
  await post(team, 1);
  await news.untilSaid('endpoint.recovered');
  await until('both told', () => good.deliveries.length === 2);
});

test('the health names who fails and since when, and takes no offence at what an admin switched off', async () => {
  expect(await news.health()).toEqual({
    status: 'ok',
    endpoints: { enabled: 0, paused: 0, failing: 0, stalled: 0, disabled: 0 },
    unwell: [],
    alerted: [],
    oldest_due: null,
    storage: { bytes: expect.any(Number), limit_bytes: 10_000_000_000 },
    failures: [],
  });
  const failing = await addEndpoint(team, bad.url, { name: 'ops' });
  const off = await addEndpoint(team, good.url);
  await team.call('POST', `${off.path}/disable`);
  expect(await news.health()).toMatchObject({ status: 'ok', endpoints: { enabled: 1, disabled: 1 } });
  await post(team, 2);
  await failing.attempted(1);
  expect(await news.health()).toMatchObject({ status: 'ok', endpoints: { enabled: 1, failing: 0 } });
  await team.advance(6 * MINUTE);
  await news.untilSaid('endpoint.failing');
  const seen = await news.health();
  expect(seen).toMatchObject({ status: 'degraded', endpoints: { failing: 1, disabled: 1 } });
  expect(seen.unwell[0]).toMatchObject({ id: failing.id, name: 'ops', error: 'answered 500', status: 500 });
  expect(Date.parse(seen.unwell[0].failing_since)).toBeGreaterThan(0);
  expect(JSON.stringify(seen)).not.toMatch(/hush|127\.0\.0\.1:\d+\//);
});

test.each([[-1], [721], [1.5], ['5']])('disable_after_h %j is refused', async (disable_after_h) => {
  const given = { kind: 'webhook', url: bad.url, delivery: { disable_after_h } };
  const { status, body } = await team.call('POST', '/v1/endpoints', given);
  expect([status, body.type]).toEqual([400, 'urn:gasline:problem:body-malformed']);
  expect(body.detail).toContain('delivery.disable_after_h');
});

test('whoever hears of the types of endpoint events hears of every endpoint, whatever its condition says of the work', async () => {
  const chosen = { where: { member: 'nobody@example.com' } };
  const failing = await addEndpoint(team, bad.url, { name: 'ops' });
  const picky = await addEndpoint(team, good.url, chosen);
  const off = await addEndpoint(team, good.url, chosen);
  await team.call('POST', `${off.path}/disable`);
  await picky.settled();
  expect(good.deliveries.map(({ event }) => [event.type, event.data.endpoint])).toEqual([
    ['endpoint.disabled', off.id],
  ]);
  await post(team, 1);
  await failing.attempted(1);
  await team.advance(6 * MINUTE);
  await news.untilSaid('endpoint.failing');
  await picky.settled();
  expect(good.deliveries.slice(1).map(({ event }) => event.type)).toEqual(['endpoint.failing']);
  // The dry run says the same.
  const { body } = await team.call('POST', '/v1/endpoints/match', chosen);
  expect(body.types.filter(({ matched }: { matched: number }) => matched > 0)).toEqual([
    { type: 'endpoint.failing', matched: 1, of: 1 },
    { type: 'endpoint.disabled', matched: 1, of: 1 },
  ]);
});

test('the health says which endpoints are told when another is disabled', async () => {
  const deaf = { events: ['session.idle'] };
  await addEndpoint(team, good.url, deaf);
  expect((await news.health()).alerted).toEqual([]);
  const hearing = await addEndpoint(team, good.url, { events: ['endpoint.disabled'], where: { role: 'mayor' } });
  const asking = (await team.call('POST', '/v1/endpoints', { kind: 'pull' })).body.endpoint.id;
  const off = await addEndpoint(team, good.url);
  await team.call('POST', `${off.path}/disable`);
  expect(new Set((await news.health()).alerted)).toEqual(new Set([hearing.id, asking]));
});

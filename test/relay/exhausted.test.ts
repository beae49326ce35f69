import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { addEndpoint, post, type TestEndpoint } from './endpoint.ts';
import { newsOf } from './news.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const relay = useRelay();
const team = useTeam(relay);
const news = newsOf(team);
const picky = useReceiver(({ event }) => ({ status: event.type === 'custom.bad' ? 500 : 204 }));
const good = useReceiver();

const counted = (endpoint: TestEndpoint, count: number) =>
  until(`${count} events given up`, async () => (await endpoint.show()).exhausted === count);

test('events that are given up while others are delivered are told of once an hour, with how many', async () => {
  const endpoint = await addEndpoint(team, picky.url, { name: 'ops', delivery: { retry_schedule_s: [1] } });
  const other = await addEndpoint(team, good.url, { events: ['endpoint.*'] });
  expect(await endpoint.show()).toMatchObject({ exhausted: 0, last_exhausted_at: null });
  await post(team, 1, ['custom.bad']);
  await endpoint.attempted(1);
  await post(team, 1);
  await endpoint.attempted(2);
  await team.advance(2_000);
  await counted(endpoint, 1);
  expect(await news.untilSaid('endpoint.exhausted')).toEqual({
    endpoint: endpoint.id,
    name: 'ops',
    kind: 'webhook',
    state: 'enabled',
    since: null,
    reason: 'the tries of 1 event are used up',
    by: null,
    error: null,
    status: null,
    behind: expect.any(Number),
    waiting: 0,
    exhausted: 1,
  });
  for (const total of [2, 3]) {
    await post(team, 1, ['custom.bad']);
    await until('an event that waits', async () => (await endpoint.show()).waiting === 1);
    await team.advance(2_000);
    await counted(endpoint, total);
    await post(team, 1);
  }
  await endpoint.settled();
  await team.advance(50 * MINUTE);
  expect(await news.types()).toEqual(['endpoint.exhausted']);
  await team.advance(10 * MINUTE);
  expect(await news.said()).toEqual([
    ['endpoint.exhausted', expect.objectContaining({ exhausted: 1 })],
    ['endpoint.exhausted', expect.objectContaining({ exhausted: 2, since: expect.any(String) })],
  ]);
  await other.settled();
  await endpoint.settled();
  expect(good.deliveries.map(({ event }) => event.data.exhausted)).toEqual([1, 2]);
  expect(picky.deliveries.filter(({ event }) => event.type.startsWith('endpoint.'))).toEqual([]);

  const shown = await endpoint.show();
  expect(shown).toMatchObject({ exhausted: 3, failing_since: null });
  expect(await news.health()).toMatchObject({
    status: 'degraded',
    endpoints: { enabled: 2 },
    unwell: [{ id: endpoint.id, state: 'enabled', exhausted: 3, last_exhausted_at: shown.last_exhausted_at }],
  });
  await team.call('PATCH', endpoint.path, { name: 'renamed' });
  expect(await endpoint.show()).toMatchObject({ exhausted: 3 });
  await team.advance(24 * HOUR);
  expect(await news.health()).toMatchObject({ status: 'ok', unwell: [] });
  expect((await news.types()).length).toBe(2);
});

test('endpoints that cannot take what is said of each other do not go on about it', async () => {
  const bad = { delivery: { retry_schedule_s: [], disable_after_h: 0 } };
  picky.answer(({ event }) => ({ status: event.type === 'session.idle' ? 204 : 500 }));
  good.answer(({ event }) => ({ status: event.type === 'session.idle' ? 204 : 500 }));
  const [one, two] = [await addEndpoint(team, picky.url, bad), await addEndpoint(team, good.url, bad)];
  await post(team, 1, ['custom.bad']);
  for (let hour = 0; hour < 5; hour += 1) {
    await post(team, 1);
    for (const endpoint of [one, two]) await endpoint.settled();
    await team.advance(HOUR + MINUTE);
    await until('nothing that is due', async () => (await news.health()).oldest_due === null);
  }
  for (const endpoint of [one, two]) expect(await endpoint.show()).toMatchObject({ exhausted: 1 });
  expect(await news.types()).toEqual(['endpoint.exhausted', 'endpoint.exhausted']);
});

test('what was given up while an endpoint was known to fail is told of when it recovers', async () => {
  picky.answer(() => ({ status: 500 }));
  const endpoint = await addEndpoint(team, picky.url, { events: ['session.*'], delivery: { retry_schedule_s: [400] } });
  await post(team, 1);
  await endpoint.attempted(1);
  await team.advance(6 * MINUTE);
  await news.untilSaid('endpoint.failing');
  await team.advance(3 * MINUTE);
  await counted(endpoint, 1);
  await team.advance(2 * HOUR);
  expect(await news.types()).toEqual(['endpoint.failing']);
  picky.answer(() => ({ status: 204 }));
  await post(team, 1);
  await news.untilSaid('endpoint.recovered');
  await team.advance(MINUTE);
  expect(await news.untilSaid('endpoint.exhausted')).toMatchObject({ endpoint: endpoint.id, exhausted: 1 });
});

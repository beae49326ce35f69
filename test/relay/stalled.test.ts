import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { addEndpoint, post } from './endpoint.ts';
import { newsOf } from './news.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const MINUTE = 60_000;

const relay = useRelay();
const team = useTeam(relay);
const news = newsOf(team);
const bad = useReceiver(() => ({ status: 500 }));
const good = useReceiver();

test('a drain that the relay cannot do is a stall: told once, seen in the health, over with the first delivery', async () => {
  const endpoint = await addEndpoint(team, bad.url);
  await team.fault('cannot deliver');
  await post(team, 1);
  await until('a fault', async () => (await endpoint.show()).reason !== null);
  await team.advance(9 * MINUTE);
  expect(await news.types()).toEqual([]);
  expect((await news.health()).status).toBe('ok');
  for (let round = 0; round < 5; round += 1) await team.advance(2 * MINUTE);
  const data = await news.untilSaid('endpoint.stalled');
  expect(data).toMatchObject({ endpoint: endpoint.id, state: 'enabled', behind: expect.any(Number), error: null });
  expect(data.reason).toMatch(/^events are due and the relay has not tried for \d\d minutes$/);
  expect(JSON.stringify(data)).not.toContain('secret');
  expect(await news.types()).toEqual(['endpoint.stalled']);
  const seen = await news.health();
  expect(seen).toMatchObject({
    status: 'failing',
    endpoints: { enabled: 0, paused: 0, failing: 0, stalled: 1, disabled: 0 },
    unwell: [{ id: endpoint.id, state: 'stalled', stalled_since: expect.any(String) }],
    oldest_due: { endpoint: endpoint.id },
  });
  expect(seen.oldest_due.age_s).toBeGreaterThan(10 * 60);
  await team.fault('none');
  bad.answer(() => ({ status: 200 }));
  await team.advance(MINUTE);
  await endpoint.settled();
  expect(await news.types()).toEqual(['endpoint.stalled', 'endpoint.recovered']);
  expect(await news.health()).toMatchObject({ status: 'ok', unwell: [], oldest_due: null });
});

test('a drain that hangs is a stall too, and no other endpoint is', async () => {
  await team.fault('never delivers');
  const endpoint = await addEndpoint(team, bad.url, { name: 'hung' });
  // However many events it holds, a window begins no request after its two seconds.
  await post(team, 300);
  await until('a window under way', async () => (await news.health()).oldest_due !== null);
  await team.fault('none');
  const other = await addEndpoint(team, good.url);
  for (let round = 0; round < 7; round += 1) await team.advance(2 * MINUTE);
  expect(await news.untilSaid('endpoint.stalled')).toMatchObject({ endpoint: endpoint.id, name: 'hung' });
  await other.settled();
  expect(await news.types()).toEqual(['endpoint.stalled']);
});

test('an endpoint that moves on, is paused or has nothing to do does not stall', async () => {
  bad.answer(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
  const paused = await addEndpoint(team, bad.url);
  const idle = await addEndpoint(team, good.url);
  await post(team, 1);
  await paused.attempted(1);
  await idle.settled();
  expect(await news.health()).toMatchObject({ endpoints: { paused: 1, enabled: 1 }, oldest_due: null });
  for (let round = 0; round < 25; round += 1) await team.advance(2 * MINUTE);
  expect(await news.types()).toEqual(['endpoint.failing']);
});

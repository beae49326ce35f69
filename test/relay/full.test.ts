import { expect, test } from 'vitest';

import { batch, message } from './builders.ts';
import { useRelay } from './setup.ts';

const relay = useRelay();

test('health says how much a team stores of how much it may, and is degraded from four fifths on', async () => {
  const team = await relay.team();
  const health = async () => (await team.call('GET', '/v1/health')).body;
  const empty = await health();
  expect(empty).toMatchObject({ status: 'ok', storage: { bytes: expect.any(Number), limit_bytes: 10_000_000_000 } });
  const events = Array.from({ length: 500 }, (_, n) => message(n + 1, {}, { session: `ses_${n}` }));
  await team.call('POST', '/v1/events', batch(events));
  const grown = (await health()).storage.bytes - empty.storage.bytes;
  // What 500 messages may well take: their events, entries and sums.
  expect(grown).toBeGreaterThan(500 * 200);
  expect(grown).toBeLessThan(500 * 4_000);
  await team.query('CREATE TABLE filler AS SELECT zeroblob(1000000) AS bytes');
  expect((await health()).storage.bytes - empty.storage.bytes).toBeGreaterThan(grown + 1_000_000);
  await team.query('DROP TABLE filler');
  expect((await health()).storage.bytes - empty.storage.bytes).toBe(grown);
  await team.fault({ stored: 7_999_999_999 });
  expect(await health()).toMatchObject({ status: 'ok', storage: { bytes: 7_999_999_999 } });
  await team.fault({ stored: 8_000_000_000 });
  expect(await health()).toMatchObject({ status: 'degraded', storage: { bytes: 8_000_000_000 } });
});

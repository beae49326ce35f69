// What Cloudflare bills: rows written, by the bench's own count, held to the goals that it prints.
import { expect, test } from 'vitest';

import { sourceOf, type Mix } from '../bench/events.ts';
import { startRig, type BenchTeam } from '../bench/rig.ts';
import { until } from '../support/until.ts';
import { useOnce, useReceiver } from './setup.ts';

const BATCH = 100;

const rig = useOnce(startRig, ({ close }) => close());
const receiver = useReceiver();

async function post(team: BenchTeam, mix: Mix, batches: number): Promise<void> {
  const next = sourceOf('counted', mix, BATCH);
  for (let sent = 0; sent < batches; sent += 1) await team.call('POST', '/v1/events', JSON.parse(next()));
}

async function written(team: BenchTeam, during: () => Promise<void>): Promise<number> {
  await team.object.startCounting();
  await during();
  const [, rows] = await team.object.stopCounting();
  return rows;
}

test.each(['messages', 'turns'] as const)('an event in a batch of 100 writes at most 1.5 rows: %s', async (mix) => {
  const team = await rig.team();
  const rows = await written(team, () => post(team, mix, 10));
  expect(rows / (10 * BATCH)).toBeLessThanOrEqual(1.5);
  // An entry each, or a turn of ten events in two rows of entries at the least: else nothing was counted.
  expect(rows / (10 * BATCH)).toBeGreaterThan(mix === 'messages' ? 1 : 0.2);
});

test('an event that is delivered at once writes at most 1.2 rows', async () => {
  const team = await rig.team();
  await post(team, 'messages', 10);
  const rows = await written(team, async () => {
    await team.call('POST', '/v1/endpoints', { kind: 'webhook', url: receiver.url, after: 0 });
    await until('all delivered', () => receiver.deliveries.length === 10 * BATCH);
    const attempts = `SELECT count(*) AS n FROM attempt`;
    await until('all recorded', async () => (await team.object.query(attempts))[0]?.['n'] === 10 * BATCH);
  });
  expect(rows / (10 * BATCH)).toBeLessThanOrEqual(1.2);
  expect(rows / (10 * BATCH)).toBeGreaterThanOrEqual(1);
});

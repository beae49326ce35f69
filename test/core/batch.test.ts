import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { batchesOf } from '../../worker/delivery/batch.ts';
import { webhook } from '../../worker/destination/webhook.ts';
import { slack } from '../../worker/destination/slack.ts';
import { outgoing, type Outgoing } from '../../worker/event/event.ts';
import { event } from './told.ts';

const NOW = Date.UTC(2026, 10, 23);
const SECRET = `whsec_${'A'.repeat(32)}`;

function events(lengths: readonly number[]): Outgoing[] {
  return lengths.map((length, at) => ({ id: `acme-${at}`, seq: at, json: 'x'.repeat(length), spent: null, folded: 0 }));
}

const some = fc.array(fc.oneof(fc.nat({ max: 3_000 }), fc.constant(200_000), fc.constant(400_000)), { maxLength: 60 });
const size = fc.integer({ min: 2, max: 100 });

test('batches are the window in order, none is too large, and none begins before it has to', () => {
  fc.assert(
    fc.property(some, size, fc.array(fc.nat({ max: 60 })), (lengths, batch, breaks) => {
      const all = events(lengths);
      const batches = batchesOf(all, { destination: webhook, batch }, breaks);
      expect(batches.flat()).toEqual(all);
      for (const [index, one] of batches.entries()) {
        const length = one.reduce((sum, { json }) => sum + json.length, 0);
        expect(one.length).toBeLessThanOrEqual(batch);
        expect(length <= 250_000 || one.length === 1).toBe(true);
        expect(one.slice(1).some(({ seq }) => breaks.includes(seq))).toBe(false);
        const next = batches[index + 1]?.[0];
        if (next === undefined) continue;
        const fits = one.length < batch && length + next.json.length <= 250_000;
        expect(!fits || breaks.includes(next.seq)).toBe(true);
      }
    }),
  );
});

test.each([
  ['the endpoint does not say so', { destination: webhook, batch: null }],
  ['its kind takes one at a time', { destination: slack, batch: 10 }],
])('each event goes by itself where %s', (_, cut) => {
  expect(batchesOf(events([1, 2, 3]), cut).map((batch) => batch.length)).toEqual([1, 1, 1]);
});

test('a batch is one message, the same whenever it is sent, and another where it holds other events', async () => {
  const [first, second] = [outgoing(event({ id: 'acme-1', seq: 1 })), outgoing(event({ id: 'acme-2', seq: 2 }))];
  const render = (list: readonly [Outgoing, ...Outgoing[]], now = NOW) =>
    webhook.renderBatch?.(
      { events: list, url: 'https://example.com/', endpoint: 'ep_1', keys: [SECRET], format: 'standard' },
      now,
    );
  const both = await render([first, second]);
  const { type, timestamp, data } = JSON.parse(both?.body ?? '');
  expect([type, timestamp]).toEqual(['events.batch', event().timestamp]);
  expect(data.events).toEqual([JSON.parse(first.json), JSON.parse(second.json)]);
  const idOf = async (list: readonly [Outgoing, ...Outgoing[]], now?: number) =>
    (await render(list, now))?.headers['webhook-id'];
  const id = both?.headers['webhook-id'] ?? '';
  expect(id).toMatch(/^batch_[0-9a-f]{32}$/);
  expect(await idOf([first, second], NOW + 3_600_000)).toBe(id);
  expect(await idOf([first])).not.toBe(id);
  expect(await idOf([second, first])).not.toBe(id);
});

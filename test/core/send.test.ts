import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { sendAll, type Target, type Wire } from '../../worker/delivery/send.ts';
import { webhook } from '../../worker/destination/webhook.ts';
import { outgoing } from '../../worker/event/event.ts';
import { event } from './told.ts';

const target: Target = {
  endpoint: 'ep_1',
  url: 'https://example.com/hook',
  keys: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  destination: webhook,
  policy: { allowPrivate: false },
  timeoutMs: 15_000,
  concurrency: 6,
  batch: null,
  format: 'standard',
};

/** A receiver that takes so long for each request, one after the other, on a clock of its own. */
function slow(tookMs: number): Wire & { readonly asked: () => number } {
  let [now, asked] = [0, 0];
  return {
    names: null,
    now: () => now,
    asked: () => asked,
    async fetch() {
      asked += 1;
      now += tookMs;
      return new Response(null, { status: 204 });
    },
  };
}

test('a window ends after two seconds, with all that was begun told in its order and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 5_000 }), async (count, tookMs) => {
      const wire = slow(tookMs);
      const events = Array.from({ length: count }, (_, at) => outgoing(event({ id: `t-${at + 1}`, seq: at + 1 })));
      const attempts = await sendAll(events, target, wire, { limit: count, breaks: [] });
      expect(attempts.map(({ seq }) => seq)).toEqual(events.slice(0, attempts.length).map(({ seq }) => seq));
      expect(attempts).toHaveLength(wire.asked());
      // Six are under way when the time is over, at the most.
      const most = Math.ceil(2_000 / tookMs) + 5;
      expect(attempts.length).toBeLessThanOrEqual(most);
      expect(attempts.length).toBeGreaterThanOrEqual(Math.min(count, Math.ceil(2_000 / tookMs)));
    }),
    { numRuns: 40 },
  );
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { MAX_RETRY_AFTER_MS, nextTry, retryAfterMs, SCHEDULE_MS } from '../../worker/delivery/schedule.ts';

const NOW = Date.UTC(2026, 10, 20, 9);
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const tries = fc.integer({ min: 1, max: SCHEDULE_MS.length });

test('the schedule is the example of the Standard Webhooks specification', () => {
  const seconds = SCHEDULE_MS.map((ms) => ms / 1_000);
  expect(seconds).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
});

test('a try comes within a fifth of its wait on the schedule', () => {
  fc.assert(
    fc.property(tries, random, (count, chance) => {
      const wait = SCHEDULE_MS[count - 1] ?? 0;
      const due = (nextTry({ tries: count, afterMs: null }, { now: NOW, random: chance }) ?? 0) - NOW;
      expect(due).toBeGreaterThanOrEqual(wait * 0.8);
      expect(due).toBeLessThanOrEqual(Math.ceil(wait * 1.2));
      expect(Number.isInteger(due)).toBe(true);
    }),
  );
});

test('the tries of one moment are spread, not one wave', () => {
  expect(nextTry({ tries: 2, afterMs: null }, { now: NOW, random: 0 })).not.toBe(
    nextTry({ tries: 2, afterMs: null }, { now: NOW, random: 0.99 }),
  );
});

test('a try never comes before Retry-After, nor is it put off by it for more than a day', () => {
  fc.assert(
    fc.property(tries, random, fc.nat({ max: 10 * MAX_RETRY_AFTER_MS }), (count, chance, afterMs) => {
      const due = (nextTry({ tries: count, afterMs }, { now: NOW, random: chance }) ?? 0) - NOW;
      expect(due).toBeGreaterThanOrEqual(Math.min(afterMs, MAX_RETRY_AFTER_MS));
      expect(due).toBeLessThanOrEqual(Math.max(MAX_RETRY_AFTER_MS, Math.ceil((SCHEDULE_MS[count - 1] ?? 0) * 1.2)));
    }),
  );
});

test('after the last try of the schedule there is none', () => {
  expect(nextTry({ tries: SCHEDULE_MS.length, afterMs: null }, { now: NOW, random: 0.5 })).not.toBeNull();
  expect(nextTry({ tries: SCHEDULE_MS.length + 1, afterMs: null }, { now: NOW, random: 0.5 })).toBeNull();
  expect(nextTry({ tries: SCHEDULE_MS.length + 1, afterMs: 1_000 }, { now: NOW, random: 0.5 })).toBeNull();
});

test.each([
  ['120', 120_000],
  [' 5 ', 5_000],
  ['0', 0],
  ['Fri, 20 Nov 2026 09:00:30 GMT', 30_000],
  ['Fri, 20 Nov 2026 08:59:00 GMT', 0],
  ['Friday, 20-Nov-26 09:01:00 GMT', 60_000],
  ['Fri Nov 20 09:02:00 2026', 120_000],
  [null, null],
  ['', null],
  ['soon', null],
  ['-5', null],
  ['1.5', null],
  ['5s', null],
  ['1e3', null],
  ['0x10', null],
  ['NaN', null],
  ['Infinity', null],
  ['120, 240', null],
  ['try after 2099', null],
  ['2099-01-01', null],
  ['Fri, 99 Nov 2026 09:00:30 GMT', null],
])('Retry-After %j is a wait of %j ms', (header, waitMs) => {
  expect(retryAfterMs(header, NOW)).toBe(waitMs);
});

test('a number of seconds that no clock holds is still a wait that ends within a day', () => {
  const due = nextTry({ tries: 1, afterMs: retryAfterMs('9'.repeat(400), NOW) }, { now: NOW, random: 0.5 });
  expect(due).toBe(NOW + MAX_RETRY_AFTER_MS);
});

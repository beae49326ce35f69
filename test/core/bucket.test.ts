import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { take, tokensAt, worthAt, type Limit } from '../../worker/delivery/bucket.ts';

const NOW = Date.UTC(2026, 10, 23);
const limit = fc.record({ perMinute: fc.integer({ min: 1, max: 60_000 }), burst: fc.integer({ min: 1, max: 1_000 }) });
/** Rests between windows, and how much of what there is each takes. */
const steps = fc.array(fc.tuple(fc.nat({ max: 120_000 }), fc.double({ min: 0, max: 1, noNaN: true })), {
  minLength: 1,
  maxLength: 30,
});

interface Spent {
  readonly at: number;
  readonly count: number;
}

function run(rule: Limit, all: readonly (readonly [rest: number, share: number])[]): Spent[] {
  let [at, nextToken] = [NOW, 0];
  return all.map(([rest, share]) => {
    at += rest;
    const count = Math.floor(tokensAt(nextToken, rule, at) * share);
    if (count > 0) nextToken = take(nextToken, rule, { count, at });
    return { at, count };
  });
}

test('whatever the pauses, no stretch of time sees more than the burst and the rate', () => {
  fc.assert(
    fc.property(limit, steps, (rule, all) => {
      const spent = run(rule, all);
      for (const [first, { at: from }] of spent.entries()) {
        let total = 0;
        for (const { at, count } of spent.slice(first)) {
          total += count;
          expect(total).toBeLessThanOrEqual(rule.burst + ((at - from) * rule.perMinute) / 60_000 + 1e-6);
        }
      }
    }),
  );
});

test('a bucket never holds more than its burst, nor less than nothing, and fills with time', () => {
  fc.assert(
    fc.property(limit, steps, fc.nat({ max: 600_000 }), (rule, all, later) => {
      let [at, nextToken] = [NOW, 0];
      for (const [rest, share] of all) {
        at += rest;
        const tokens = tokensAt(nextToken, rule, at);
        expect(tokens).toBeGreaterThanOrEqual(0);
        expect(tokens).toBeLessThanOrEqual(rule.burst);
        expect(tokensAt(nextToken, rule, at + later)).toBeGreaterThanOrEqual(tokens);
        const count = Math.ceil(tokens * share);
        if (count === 0) continue;
        nextToken = take(nextToken, rule, { count, at });
        // What is left is what was not taken; rounding may cost the part of a token that has come since.
        expect(tokensAt(nextToken, rule, at)).toBeLessThanOrEqual(tokens - count);
        expect(tokensAt(nextToken, rule, at)).toBeGreaterThanOrEqual(tokens - count - 1);
      }
    }),
    // What is added to a moment of today is lost below a ten-thousandth of a millisecond.
    {
      examples: [
        [
          { perMinute: 59_993, burst: 3 },
          [
            [0, 5e-324],
            [0, 5e-324],
          ],
          0,
        ],
      ],
    },
  );
});

test('whoever comes back when it is worth it finds a token, and waits for no more than a second beyond the next', () => {
  fc.assert(
    fc.property(limit, (rule) => {
      const full = tokensAt(0, rule, NOW);
      expect(full).toBe(rule.burst);
      const nextToken = take(0, rule, { count: full, at: NOW });
      expect(tokensAt(nextToken, rule, NOW)).toBe(0);
      const worth = worthAt(nextToken, rule, NOW);
      expect(worth).toBeGreaterThan(NOW);
      expect(worth).toBeLessThanOrEqual(nextToken + 1_000);
      expect(tokensAt(nextToken, rule, worth)).toBeGreaterThanOrEqual(1);
      expect(worthAt(nextToken, rule, worth)).toBe(worth);
    }),
  );
});

test('whoever always takes all that there is gets the rate', () => {
  for (const rule of [
    { perMinute: 1, burst: 1 },
    { perMinute: 7, burst: 3 },
    { perMinute: 60, burst: 1 },
    { perMinute: 600, burst: 10 },
    { perMinute: 60_000, burst: 1_000 },
  ]) {
    let [at, nextToken, sent] = [NOW, 0, 0];
    while (at < NOW + 60 * 60_000) {
      const count = tokensAt(nextToken, rule, at);
      nextToken = take(nextToken, rule, { count, at });
      sent += count;
      at = worthAt(nextToken, rule, at);
    }
    expect(sent).toBeLessThanOrEqual(60 * rule.perMinute + rule.burst);
    expect(sent).toBeGreaterThan(60 * rule.perMinute * 0.99);
  }
});

test('a token is there in the very millisecond in which it falls due, at every rate', () => {
  const missed: (readonly [perMinute: number, count: number])[] = [];
  for (let perMinute = 1; perMinute <= 60_000; perMinute += 1) {
    const rule = { perMinute, burst: 1_000 };
    for (let count = 1; count <= 40; count += 1) {
      const due = (count * 60_000) / perMinute;
      if (!Number.isInteger(due)) continue;
      const isThere = tokensAt(NOW, rule, NOW + due) === count + 1 && take(NOW, rule, { count, at: NOW }) === NOW + due;
      if (!isThere) missed.push([perMinute, count]);
    }
  }
  expect(missed).toEqual([]);
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { CLOSED, judge, OPEN_MS, stateOf, type Judged } from '../../worker/delivery/breaker.ts';
import type { Outcome } from '../../worker/delivery/outcome.ts';

const NOW = Date.UTC(2026, 10, 23);
const MINUTE = 60_000;
const FRESH: Judged = { breaker: CLOSED, sample: [] };
const OPEN = { openUntil: NOW, step: 2 };

const delivered: Outcome = { kind: 'delivered', status: 200 };
const rejected: Outcome = { kind: 'rejected', status: 400, detail: '' };
const gone: Outcome = { kind: 'gone', status: 410, detail: '' };
function failed(status: number | null = 500, afterMs: number | null = null): Outcome {
  return { kind: 'retry', status, detail: '', afterMs };
}

function after(held: Judged, outcomes: readonly Outcome[], now = NOW, random = 0.5): Judged {
  return judge(held, outcomes, { now, random });
}

function times<T>(count: number, one: T): T[] {
  return Array.from({ length: count }, () => one);
}

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const good = fc.constantFrom(delivered, rejected, gone);
const bad = fc.constantFrom(failed(), failed(null), failed(404), failed(301));
/** What a receiver without load says. */
const anyOutcome = fc.oneof(good, bad);
const windows = fc.array(fc.array(anyOutcome, { maxLength: 30 }), { maxLength: 20 });

test('ten failures of the last requests open it, nine do not', () => {
  expect(after(FRESH, times(9, failed())).breaker).toEqual(CLOSED);
  const opened = after(FRESH, times(10, failed())).breaker;
  expect(stateOf(opened, NOW)).toBe('open');
  expect(opened.openUntil).toBe(NOW + 30_000);
  expect(stateOf(opened, NOW + 30_000)).toBe('half-open');
});

test('a time-out and no connection at all are failures', () => {
  expect(stateOf(after(FRESH, times(10, failed(null))).breaker, NOW)).toBe('open');
});

test('it opens for half of the last twenty and not for less', () => {
  const mixed = (failures: number) => [...times(20 - failures, delivered), ...times(failures, failed())];
  expect(after(FRESH, mixed(9)).breaker).toEqual(CLOSED);
  expect(stateOf(after(FRESH, mixed(10)).breaker, NOW)).toBe('open');
  expect(after(FRESH, [...times(1_000, delivered), ...times(9, failed())]).breaker).toEqual(CLOSED);
});

test('what happened over five minutes ago counts no more', () => {
  const nine = after(FRESH, times(9, failed()));
  expect(after(nine, [failed()], NOW + 5 * MINUTE - 1).breaker.openUntil).not.toBeNull();
  expect(after(nine, [failed()], NOW + 5 * MINUTE).breaker).toEqual(CLOSED);
});

test('it never opens where less than half fails, however it is spread', () => {
  // One failure after at least two that were taken.
  const spread = fc.array(fc.tuple(fc.integer({ min: 2, max: 5 }), bad), { maxLength: 40 });
  fc.assert(
    fc.property(spread, fc.integer({ min: 1, max: 7 }), (parts, size) => {
      const outcomes = parts.flatMap(([count, failure]) => [...times(count, delivered), failure]);
      let held = FRESH;
      for (let at = 0; at < outcomes.length; at += size) held = after(held, outcomes.slice(at, at + size));
      expect(held.breaker).toEqual(CLOSED);
    }),
  );
});

test('it never opens by fewer than ten requests, and always by ten failures in a row', () => {
  fc.assert(
    fc.property(fc.array(anyOutcome, { maxLength: 9 }), windows, (few, many) => {
      expect(after(FRESH, few).breaker).toEqual(CLOSED);
      const held = many.reduce((before, outcomes) => after(before, outcomes), FRESH);
      const { breaker } = held.breaker.openUntil === null ? after(held, times(10, failed())) : held;
      expect(breaker.openUntil).toBeGreaterThan(NOW);
    }),
  );
});

test('of a receiver that is well it writes nothing: it stays the very same', () => {
  fc.assert(
    fc.property(fc.array(fc.array(good, { maxLength: 300 }), { maxLength: 5 }), (all) => {
      const held = all.reduce((before, outcomes) => after(before, outcomes), FRESH);
      expect(held.breaker).toBe(CLOSED);
      expect(held.sample.length).toBeLessThanOrEqual(20);
    }),
  );
});

test('a probe that fails opens it for longer each time, up to ten minutes; jitter is a fifth', () => {
  fc.assert(
    fc.property(random, fc.integer({ min: 1, max: 12 }), (chance, failures) => {
      let { breaker } = after(FRESH, times(10, failed()), NOW, chance);
      let at = NOW;
      for (let step = 1; step <= failures; step += 1) {
        const wait = (breaker.openUntil ?? 0) - at;
        const plain = OPEN_MS[Math.min(step, OPEN_MS.length - 1)] ?? 0;
        expect(wait).toBeGreaterThanOrEqual(plain * 0.8);
        expect(wait).toBeLessThanOrEqual(Math.ceil(plain * 1.2));
        at = breaker.openUntil ?? 0;
        ({ breaker } = after({ breaker, sample: [] }, [failed()], at, chance));
      }
    }),
  );
  expect(OPEN_MS).toEqual([5_000, 30_000, 60_000, 120_000, 240_000, 480_000, 600_000]);
});

test.each([
  ['taken', delivered],
  ['rejected', rejected],
])('a probe that is %s closes it, and its past is forgotten', (_, outcome) => {
  const closed = after({ breaker: OPEN, sample: [] }, [outcome]);
  expect(closed.breaker).toEqual(CLOSED);
  expect(after(closed, times(9, failed())).breaker).toEqual(CLOSED);
});

test('a probe that says nothing of the receiver leaves it half-open', () => {
  for (const outcomes of [[], [gone]]) expect(after({ breaker: OPEN, sample: [] }, outcomes).breaker).toBe(OPEN);
});

test.each([429, 502, 503, 504])('%d throttles at once: one request at a time until one is taken', (status) => {
  const { breaker } = after(FRESH, [delivered, failed(status), delivered]);
  expect(stateOf(breaker, NOW)).toBe('half-open');
  expect(after({ breaker, sample: [] }, [delivered]).breaker).toEqual(CLOSED);
  const again = after({ breaker, sample: [] }, [failed(status)]).breaker;
  expect(again.openUntil).toBe(NOW + 5_000);
  // It has said itself when it can be asked again.
  expect(after({ breaker, sample: [] }, [failed(status, 60_000)]).breaker).toBe(breaker);
});

test.each([
  [0, true],
  [1, true],
  [4_999, true],
  [5_000, false],
  [60_000, false],
])('a half-open breaker that is put off by %d ms opens by itself: %s', (afterMs, opens) => {
  const held = { breaker: { openUntil: NOW, step: 0 }, sample: [] };
  const { breaker } = after(held, [failed(429, afterMs)]);
  expect(breaker).toEqual(opens ? { openUntil: NOW + 5_000, step: 1 } : held.breaker);
});

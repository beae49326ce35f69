import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  broken,
  disableAfterMs,
  disabled,
  isAbout,
  judge,
  judgedAt,
  looked,
  mended,
  SAY_AFTER_MS,
  spanOf,
  STALL_MS,
  tried,
  WELL,
  type Health,
  type Judged,
  type Look,
} from '../../worker/delivery/health.ts';
import type { Attempt, Outcome } from '../../worker/delivery/outcome.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 10, 20, 9);

const delivered: Outcome = { kind: 'delivered', status: 204 };
const failed: Outcome = { kind: 'retry', status: 500, detail: 'answered 500: https://secret.example', afterMs: null };
const gone: Outcome = { kind: 'gone', status: 410, detail: 'answered 410' };

function attempt(outcome: Outcome, at = 0, durationMs = 0): Attempt {
  return { seq: 1, at, durationMs, request: 0, outcome, exchange: null };
}

function terms(now: number, hours = 120) {
  return { now, disableAfterMs: disableAfterMs(hours) };
}

function after(outcomes: readonly Outcome[], now: number, health = WELL, hours = 120): Judged {
  return tried(
    health,
    outcomes.map((outcome, index) => attempt(outcome, index)),
    terms(now, hours),
  );
}

function whats({ news }: Judged): string[] {
  return news.map(({ what }) => what);
}

test('an endpoint that takes all is well, and nothing is said of it', () => {
  fc.assert(
    fc.property(fc.nat({ max: 20 }), (count) => {
      expect(
        after(
          Array.from({ length: count }, () => delivered),
          START,
        ),
      ).toEqual({ health: WELL, news: [] });
    }),
  );
});

test('it fails since the first failure after the last delivery, in the order in which they ended', () => {
  expect(after([delivered, failed], START).health.failingSince).toBe(START);
  expect(after([failed, delivered], START).health).toEqual(WELL);
  const late = tried(WELL, [attempt(failed, 0, 5_000), attempt(delivered, 1, 10)], terms(START));
  expect(late.health.failingSince).toBe(START);
  const { health } = after([failed], START);
  expect(after([failed], START + HOUR, health).health.failingSince).toBe(START);
});

test('a failure is told in our own words', () => {
  expect(after([failed], START).health).toMatchObject({ error: 'answered 500', status: 500 });
  const words = (detail: string): string | null =>
    after([{ kind: 'retry', status: null, detail, afterMs: null }], START).health.error;
  expect(words('no answer within 15 s')).toBe('no answer within 15 s');
  expect(words('no answer: getaddrinfo secret.example')).toBe('no answer');
  expect(words('https://secret.example is away')).toBe('no answer');
  const refused: Outcome = { kind: 'gone', status: null, detail: 'url must name a public server, got secret.local' };
  expect(JSON.stringify(after([refused], START))).not.toContain('secret');
});

test('a hiccup is not told, five minutes of nothing are, once', () => {
  const first = after([failed], START);
  expect(first.news).toEqual([]);
  const soon = after([failed], START + SAY_AFTER_MS - 1, first.health);
  expect(soon.news).toEqual([]);
  const told = after([failed], START + SAY_AFTER_MS, soon.health);
  expect(told.news).toEqual([{ what: 'failing', reason: 'nothing was delivered for 5 minutes: answered 500' }]);
  expect(after([failed], START + HOUR, told.health).news).toEqual([]);
});

test('days of failing disable, after a word before, and 0 never does', () => {
  const { health } = after([failed], START);
  const late = after([failed], START + 200 * HOUR, health);
  expect(whats(late)).toEqual(['failing']);
  expect(after([failed], START + 120 * HOUR - 1, late.health).news).toEqual([]);
  const closed = after([failed], START + 201 * HOUR, late.health);
  expect(closed.news).toEqual([{ what: 'disabled', reason: 'nothing was delivered for 8 days: answered 500' }]);
  expect(whats(after([failed], START + 9_999 * HOUR, late.health, 0))).toEqual([]);
  expect(judgedAt(late.health, disableAfterMs(0))).toBe(Number.POSITIVE_INFINITY);
});

test('a receiver that wants nothing more disables at once, whatever else it took', () => {
  expect(whats(after([delivered, gone, delivered], START))).toEqual(['disabled']);
  expect(after([gone], START).news[0]?.reason).toBe('its receiver wants nothing more: answered 410');
});

test('recovered is said where something was said before, and else not', () => {
  const { health } = after([failed], START);
  expect(after([delivered], START + 1, health)).toEqual({ health: WELL, news: [] });
  const told = after([failed], START + HOUR, health);
  const back = after([delivered], START + 2 * HOUR, told.health);
  expect([whats(back), back.health]).toEqual([['recovered'], WELL]);
  const enabled = mended(disabled(told.health, 'disabled by an admin').health);
  expect(enabled.failingSince).toBeNull();
  expect(whats(after([delivered], START + 3 * HOUR, enabled))).toEqual(['recovered']);
});

describe('a look', () => {
  const due: Look = { now: START, hasWork: true, isDue: true, mark: '7/0/0/0', isUnderWay: false };

  test.each<[string, Partial<Look>, boolean]>([
    ['stands where nothing moved', {}, true],
    ['is over where the cursor moved', { mark: '8/0/0/0' }, false],
    ['is over where nothing is due now', { isDue: false }, false],
    ['waits for what is under way', { isUnderWay: true }, false],
  ])('a stall %s', (_, change, isStalled) => {
    const { health } = looked(WELL, due);
    const later = looked(health, { ...due, ...change, now: START + STALL_MS });
    expect(whats(later)).toEqual(isStalled ? ['stalled'] : []);
  });

  test('what is under way begins no stall', () => {
    expect(looked(WELL, { ...due, isUnderWay: true })).toEqual({ health: WELL, news: [] });
  });

  test('a fault of the relay stands though it is put off, until an attempt or until nothing is left to do', () => {
    const health = broken(broken(WELL, START), START + MINUTE);
    const later = { ...due, isDue: false, mark: 'other', now: START + STALL_MS };
    expect(whats(looked(health, later))).toEqual(['stalled']);
    expect(looked(health, { ...later, hasWork: false })).toEqual({ health: WELL, news: [] });
    expect(after([failed], START + HOUR, health).health.stalledSince).toBeNull();
  });

  test('a stall is said once until something is delivered', () => {
    const first = looked(looked(WELL, due).health, { ...due, now: START + STALL_MS });
    expect(whats(first)).toEqual(['stalled']);
    const tries = after([failed], START + HOUR, first.health);
    const again = looked(looked(tries.health, { ...due, now: START + HOUR }).health, { ...due, now: START + 2 * HOUR });
    expect(again.news).toEqual([]);
    expect(whats(after([delivered], START + 3 * HOUR, again.health))).toEqual(['recovered']);
  });
});

type Step =
  | { readonly kind: 'tried'; readonly outcomes: readonly Outcome[] }
  | { readonly kind: 'clock' | 'fault' | 'enabled' }
  | { readonly kind: 'look'; readonly isDue: boolean; readonly mark: string };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('tried'), outcomes: fc.array(fc.constantFrom(delivered, failed, failed, gone)) }),
  fc.record({ kind: fc.constantFrom('clock', 'fault', 'enabled') }),
  fc.record({ kind: fc.constant('look'), isDue: fc.boolean(), mark: fc.constantFrom('a', 'b') }),
);

function take(health: Health, given: Step, now: number): Judged {
  if (given.kind === 'tried') return after(given.outcomes, now, health, 24);
  if (given.kind === 'clock') return judge(health, terms(now, 24));
  if (given.kind === 'look') return looked(health, { ...given, now, hasWork: true, isUnderWay: false });
  return { health: given.kind === 'fault' ? broken(health, now) : mended(health), news: [] };
}

test('whatever happens, each thing is said once between two deliveries or by whoever enables, and recovered only after it', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.nat({ max: 30 * HOUR })), { maxLength: 60 }), (steps) => {
      let [health, now, isEnabled] = [WELL, START, true];
      let said = new Set<string>();
      for (const [given, ms] of steps) {
        now += ms;
        if (given.kind === 'enabled') {
          isEnabled = true;
          if (said.has('disabled')) said = new Set(['before']);
        }
        // A disabled endpoint is not tried and not looked at.
        if (!isEnabled) continue;
        const judged = take(health, given, now);
        health = judged.health;
        for (const { what } of judged.news) {
          expect(said.has(what)).toBe(false);
          expect(what === 'recovered' && said.size === 0).toBe(false);
          said = what === 'recovered' ? new Set() : said.add(what);
          isEnabled = what !== 'disabled';
        }
      }
    }),
  );
});

test('the clock is armed for when there is something to say, and then it is said', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 720 }), fc.boolean(), (hours, wasTold) => {
      const told = wasTold ? (['failing'] as const) : [];
      const health: Health = { ...WELL, failingSince: START, error: 'answered 500', told };
      const at = judgedAt(health, disableAfterMs(hours));
      expect(judge(health, terms(at - 1, hours)).news).toEqual([]);
      expect(whats(judge(health, terms(at, hours)))).toEqual([wasTold ? 'disabled' : 'failing']);
    }),
  );
});

test.each([
  ['endpoint.failing', { endpoint: 'ep_1' }, true],
  ['endpoint.recovered', { endpoint: 'ep_1' }, true],
  ['endpoint.exhausted', { endpoint: 'ep_1' }, true],
  ['endpoint.failing', { endpoint: 'ep_2' }, false],
  ['endpoint.overtaken', { endpoint: 'ep_1' }, false],
  ['session.idle', { endpoint: 'ep_1' }, false],
  ['endpoint.failing', {}, false],
])('%s with %j is about ep_1: %j', (type, data, is) => {
  expect(isAbout({ type, data }, 'ep_1')).toBe(is);
});

test.each([
  [5 * MINUTE, '5 minutes'],
  [90 * MINUTE, '90 minutes'],
  [2 * HOUR, '2 hours'],
  [30 * HOUR, '30 hours'],
  [120 * HOUR, '5 days'],
  [MINUTE, '1 minute'],
])('%j ms are %s', (ms, text) => {
  expect(spanOf(ms)).toBe(text);
});

import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { digestOf, nextDigest, STEP_OF, type DigestFacts, type Line } from '../../worker/budget/digest.ts';
import { daysBefore, periodOf, weekdayOf } from '../../worker/ledger/period.ts';

const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/New_York', 'Australia/Lord_Howe');
const moment = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2030, 0) });
const settings = fc.record({
  daily: fc.constant(true),
  weekly: fc.constant(true),
  hour: fc.integer({ min: 0, max: 23 }),
  weekday: fc.integer({ min: 1, max: 7 }),
});

it('each day has one daily digest and each ISO week one weekly, whatever the zone, hour and weekday', () => {
  fc.assert(
    fc.property(zone, moment, settings, fc.constantFrom('daily', 'weekly'), (given, at, wanted, kind) => {
      const first = nextDigest(kind, wanted, at, given);
      const second = nextDigest(kind, wanted, first, given);
      expect(first).toBeGreaterThan(at);
      const [one, next] = [first, second].map((due) => periodOf(due, given, STEP_OF[kind]));
      expect(next?.start).toBe(one?.end);
      expect([wanted.weekday, 'any']).toContain(kind === 'weekly' ? weekdayOf(first, given) : 'any');
    }),
  );
});

it('the hour is that of the clocks of the zone, and the next one where a change of clocks leaves it out', () => {
  const wanted = { daily: true, weekly: false, hour: 2, weekday: 1 };
  const due = (from: string) => new Date(nextDigest('daily', wanted, Date.parse(from), 'Europe/Berlin')).toISOString();
  expect(due('2026-03-28T00:00:00Z')).toBe('2026-03-28T01:00:00.000Z');
  expect(due('2026-03-28T12:00:00Z')).toBe('2026-03-29T01:00:00.000Z');
  expect(due('2026-03-29T12:00:00Z')).toBe('2026-03-30T00:00:00.000Z');
});

it('the days before a moment are whole days of the zone that end with today', () => {
  fc.assert(
    fc.property(zone, moment, fc.integer({ min: 1, max: 40 }), (given, at, count) => {
      const days = daysBefore(at, given, count);
      expect(days).toHaveLength(count);
      expect(days.at(-1)?.end).toBe(periodOf(at, given, 'day').start);
      expect(days.map(({ start }) => periodOf(start, given, 'day'))).toEqual(days);
      expect(days.slice(1).map(({ start }) => start)).toEqual(days.slice(0, -1).map(({ end }) => end));
    }),
  );
});

const line = (member: string, usd: number): Line => ({ of: { member }, cost: BigInt(usd) * 10n ** 9n, messages: usd });
const facts: DigestFacts = {
  period: { start: 0, end: 86_400_000 },
  zone: 'UTC',
  members: [line('a', 1), line('b', 7), line('c', 3), line('d', 5), line('e', 2), line('f', 6), line('free', 0)],
  projects: [],
  models: [],
  discarded: 5n,
  before: 16n * 10n ** 9n,
  unpriced: [{ of: { provider: 'p', model: 'm' }, messages: 3 }],
  corrections: 0n,
  budgets: [],
};

it('a digest has the total, the change and the five that spent most, the most first', () => {
  expect(digestOf(facts)).toMatchObject({
    from: '1970-01-01T00:00:00.000Z',
    cost_usd: '24',
    messages: 24,
    before_usd: '16',
    change_percent: 50,
    members: ['b', 'f', 'd', 'c', 'e'].map((member) => ({ member })),
    discarded_usd: '0.000000005',
    unpriced: [{ provider: 'p', model: 'm', messages: 3 }],
  });
  expect(digestOf({ ...facts, before: 0n })).toMatchObject({ change_percent: null });
  expect(digestOf({ ...facts, before: 32n * 10n ** 9n })).toMatchObject({ change_percent: -25 });
});

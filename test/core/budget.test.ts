import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isReached, percentOf, type Standing, type Terms } from '../../worker/budget/budget.ts';
import { FORECAST, newMarks, rearmed, type Course, type Mark } from '../../worker/budget/crossing.ts';
import { forecastOf, NEEDED_DAYS, type Forecast } from '../../worker/budget/forecast.ts';
import { deviationOf, medianOf } from '../../worker/budget/median.ts';
import { alertsOf, concerns } from '../../worker/budget/notice.ts';
import { source } from '../relay/builders.ts';

const nano = fc.bigInt({ min: 0n, max: 10n ** 17n });
const limit = fc.integer({ min: 1_000_000, max: 10 ** 15 }).map(BigInt);
const terms: fc.Arbitrary<Terms> = fc.record({
  limit,
  thresholds: fc
    .uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 6 })
    .map((all) => all.toSorted((a, b) => a - b)),
});
const forecast: fc.Arbitrary<Forecast | null> = fc.oneof(
  fc.constant(null),
  fc.nat({ max: 13 }).map((days) => ({ kind: 'unknown', days }) as const),
  nano.map((value) => ({ kind: 'known', nano: value }) as const),
);
const course: fc.Arbitrary<Course> = fc.record({ spent: nano, forecast });

function dollars(usd: number): bigint {
  return BigInt(Math.round(usd * 1e9));
}

describe('a mark', () => {
  it('is said once, however spend goes up and down and however often it is looked at', () => {
    fc.assert(
      fc.property(terms, fc.array(course, { maxLength: 20 }), (given, courses) => {
        const said = new Set<Mark>();
        const all = courses.flatMap((one) => {
          const marks = newMarks(given, one, said);
          for (const mark of marks) said.add(mark);
          return marks;
        });
        expect(all).toHaveLength(said.size);
        const most = courses.reduce((held, { spent }) => (spent > held ? spent : held), 0n);
        const reached = given.thresholds.filter((percent) => isReached(percent, most, given.limit));
        expect([...said].filter((mark) => mark !== FORECAST).toSorted((a, b) => a - b)).toEqual(reached);
      }),
    );
  });

  it('is said again after a change of terms exactly where the new terms had not reached it', () => {
    fc.assert(
      fc.property(terms, terms, course, course, (before, after, one, next) => {
        const said = new Set(newMarks(before, one, new Set()));
        const armed = rearmed(after, one, said);
        for (const mark of armed) said.delete(mark);
        const isReachedNow = (mark: Mark) => mark !== FORECAST && isReached(mark, one.spent, after.limit);
        expect(armed.filter(isReachedNow)).toEqual([]);
        expect([...said].filter((mark) => mark !== FORECAST && !isReachedNow(mark))).toEqual([]);
        const again = newMarks(after, { ...next, forecast: null }, said);
        const expected = after.thresholds.filter(
          (percent) => isReached(percent, next.spent, after.limit) && !said.has(percent),
        );
        expect(again).toEqual(expected);
      }),
    );
  });

  it('of the forecast is said while the limit is ahead, never after it, and not without a forecast', () => {
    const given = { limit: dollars(100), thresholds: [100] };
    const known = (usd: number) => ({ kind: 'known', nano: dollars(usd) }) as const;
    const marks = (spent: number, ahead: Forecast | null) =>
      newMarks(given, { spent: dollars(spent), forecast: ahead }, new Set());
    expect(marks(50, known(101))).toEqual([FORECAST]);
    expect(marks(50, known(100))).toEqual([]);
    expect(marks(50, null)).toEqual([]);
    expect(marks(50, { kind: 'unknown', days: 3 })).toEqual([]);
    expect(marks(100, known(200))).toEqual([100]);
    expect(rearmed(given, { spent: 0n, forecast: null }, new Set([FORECAST]))).toEqual([]);
    expect(rearmed(given, { spent: 0n, forecast: known(99) }, new Set([FORECAST]))).toEqual([FORECAST]);
  });
});

it('a per cent is rounded down, so that 100 is said at the limit and not before, past 2^53 too', () => {
  fc.assert(
    fc.property(nano, limit, (spent, given) => {
      const percent = percentOf(spent, given);
      expect(isReached(percent, spent, given)).toBe(true);
      expect(isReached(percent + 1, spent, given)).toBe(false);
      expect(percent >= 100).toBe(spent >= given);
    }),
  );
  expect(percentOf(999_999_999n, dollars(1))).toBe(99);
});

describe('a forecast', () => {
  const weekday = fc.integer({ min: 1, max: 7 });
  const day = fc.record({ weekday, nano });

  it('is never below what is spent, and needs two weeks since the first spend', () => {
    fc.assert(
      fc.property(
        nano,
        day,
        fc.array(weekday, { maxLength: 31 }),
        fc.array(day, { maxLength: 40 }),
        (spent, today, ahead, past) => {
          const found = forecastOf({ spent, today, ahead, past });
          const recent = past.slice(-28);
          const first = recent.findIndex((one) => one.nano > 0n);
          const known = first === -1 ? 0 : recent.length - first;
          expect(found.kind).toBe(known < NEEDED_DAYS ? 'unknown' : 'known');
          expect(found.kind === 'unknown' ? found.days : known).toBe(known);
          expect(found.kind === 'known' ? found.nano : spent).toBeGreaterThanOrEqual(spent);
        },
      ),
    );
  });

  it('adds to what is spent the rest of today and the usual days that are left', () => {
    // Four weeks: ten dollars on each working day, nothing at weekends, one wild Wednesday.
    const past = Array.from({ length: 28 }, (_, at) => {
      const day = (at % 7) + 1;
      return { weekday: day, nano: dollars(at === 9 ? 500 : day > 5 ? 0 : 10) };
    });
    const outlook = { spent: dollars(34), today: { weekday: 1, nano: dollars(4) }, past };
    expect(forecastOf({ ...outlook, ahead: [2, 3, 4, 5, 6, 7] })).toEqual({ kind: 'known', nano: dollars(80) });
    const busy = { ...outlook, today: { weekday: 1, nano: dollars(25) }, spent: dollars(25) };
    expect(forecastOf({ ...busy, ahead: [] })).toEqual({ kind: 'known', nano: dollars(25) });
  });
});

it('half of the amounts lie on either side of their median, and of what they differ from it', () => {
  fc.assert(
    fc.property(fc.array(nano, { minLength: 1, maxLength: 30 }), (amounts) => {
      const middle = medianOf(amounts);
      const half = amounts.length / 2;
      expect(amounts.filter((amount) => amount < middle).length).toBeLessThanOrEqual(half);
      expect(amounts.filter((amount) => amount > middle).length).toBeLessThanOrEqual(half);
      const far = deviationOf(amounts, middle);
      const beyond = amounts.filter((amount) => (amount < middle ? middle - amount : amount - middle) > far);
      expect(beyond.length).toBeLessThanOrEqual(half);
    }),
  );
});

describe('what a plugin is told', () => {
  const standing = (spent: number, given: Partial<Standing['budget']> = {}): Standing => ({
    budget: {
      id: 'bud_1',
      name: 'team',
      scope: null,
      period: 'day',
      limit: dollars(10),
      thresholds: [50, 100],
      action: 'stop',
      created: 0,
      since: 0,
      ...given,
    },
    period: { start: 0, end: 86_400_000 },
    spent: dollars(spent),
    unpriced: 0,
  });

  it.each([
    ['below the limit nothing', standing(9.99), []],
    ['at the limit to stop', standing(10), ['stop']],
    ['at the limit a warning', standing(12, { action: 'warn' }), ['warn']],
    ['nothing of a budget that only counts', standing(12, { action: 'none' }), []],
    ['at the last threshold below the limit a warning', standing(8, { thresholds: [50, 80] }), ['warn']],
    ['at the limit of one with a threshold above it, to stop', standing(10, { thresholds: [150] }), ['stop']],
  ])('%s', (_, one, actions) => {
    expect(alertsOf([one]).map(({ action }) => action)).toEqual(actions);
  });

  it('says it in one sentence, to the cent', () => {
    const [alert] = alertsOf([standing(10.456)]);
    expect(alert).toMatchObject({ percent: 104, until: '1970-01-02T00:00:00.000Z' });
    expect(alert?.message).toBe('Budget "team" is at 104 % of its day: $10.45 of $10.00');
    const [small] = alertsOf([standing(0.01, { limit: 4_000_000n })]);
    expect(small?.message).toBe('Budget "team" is at 250 % of its day: $0.01 of $0.004');
  });

  it('concerns the team, the member and the project of a source, and no one else', () => {
    const given = source();
    const scopes = [
      null,
      { by: 'member', value: given.member },
      { by: 'project', value: 'f00d' },
      { by: 'project', value: 'example.com/acme/app' },
      { by: 'member', value: 'f00d' },
      { by: 'project', value: given.member },
      { by: 'model', value: given.member },
    ] as const;
    const of = scopes.map((scope) => concerns(scope, given, new Map()));
    expect(of).toEqual([true, true, true, true, false, false, false]);
    expect(concerns({ by: 'project', value: 'f00d' }, source({ project: null }), new Map())).toBe(false);
  });

  it('concerns a project by every name that it had', () => {
    const names = new Map([['old', new Set(['beef', 'f00d'])]]);
    const scope = { by: 'project', value: 'old' } as const;
    expect(concerns(scope, source(), names)).toBe(true);
    expect(concerns(scope, source({ project: { id: 'cafe', name: 'new' } }), names)).toBe(false);
    expect(concerns(scope, source({ project: null }), names)).toBe(false);
    expect(concerns({ by: 'member', value: 'old' }, source(), names)).toBe(false);
  });
});

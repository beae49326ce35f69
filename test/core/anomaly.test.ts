import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { anomalyOfDay, anomalyOfSession, NEEDED_DAYS, NEEDED_SESSIONS } from '../../worker/budget/anomaly.ts';
import type { DaySpend } from '../../worker/budget/forecast.ts';

function usd(dollars: number): bigint {
  return BigInt(Math.round(dollars * 1e9));
}

/** Four weeks from a Monday; what each day spent by its weekday and number. */
function weeks(spend: (weekday: number, at: number) => number): DaySpend[] {
  return Array.from({ length: 28 }, (_, at) => {
    const weekday = (at % 7) + 1;
    return { weekday, nano: usd(spend(weekday, at)) };
  });
}

const working = weeks((weekday, at) => (weekday > 5 ? 0 : 18 + (at % 5)));

describe('a day', () => {
  it.each([
    ['three times the norm and more', 90, true],
    ['twice the norm', 40, false],
    ['nothing', 0, false],
  ])('of %s: %d dollars', (_, spent, found) => {
    expect(anomalyOfDay({ weekday: 1, nano: usd(spent) }, working) !== null).toBe(found);
  });

  it('says what it was held against', () => {
    const anomaly = anomalyOfDay({ weekday: 6, nano: usd(90) }, working);
    expect(anomaly).toEqual({ spent: usd(90), norm: usd(20), bound: usd(60), samples: 20 });
  });

  it('that is always like this on its weekday is none', () => {
    const sundays = weeks((weekday) => (weekday === 7 ? 200 : 5));
    expect(anomalyOfDay({ weekday: 7, nano: usd(210) }, sundays)).toBeNull();
    expect(anomalyOfDay({ weekday: 1, nano: usd(210) }, sundays)).not.toBeNull();
  });

  it('of cents is none, however many times the norm it is', () => {
    const cents = weeks(() => 0.01);
    expect(anomalyOfDay({ weekday: 1, nano: usd(10) }, cents)).toBeNull();
    expect(anomalyOfDay({ weekday: 1, nano: usd(10.02) }, cents)).not.toBeNull();
  });

  it('is judged by nothing below seven days with spend', () => {
    const few = (count: number) => weeks((_, at) => (at < count ? 1 : 0));
    expect(anomalyOfDay({ weekday: 1, nano: usd(1_000) }, few(NEEDED_DAYS - 1))).toBeNull();
    expect(anomalyOfDay({ weekday: 1, nano: usd(1_000) }, few(NEEDED_DAYS))).not.toBeNull();
  });

  it('that spends more is never less of an anomaly, and none is within ten dollars of the norm', () => {
    const amount = fc.bigInt({ min: 0n, max: 10n ** 13n });
    const day = fc.record({ weekday: fc.integer({ min: 1, max: 7 }), nano: amount });
    fc.assert(
      fc.property(fc.array(day, { maxLength: 28 }), day, amount, (past, given, more) => {
        const found = anomalyOfDay(given, past);
        const dearer = anomalyOfDay({ ...given, nano: given.nano + more }, past);
        expect(found === null || dearer !== null).toBe(true);
        expect(found === null || found.spent - found.norm > usd(10)).toBe(true);
      }),
    );
  });

  it('like the usual one is none', () => {
    const day = fc.record({ weekday: fc.integer({ min: 1, max: 7 }), nano: fc.bigInt({ min: 1n, max: 10n ** 13n }) });
    fc.assert(
      fc.property(fc.array(day, { minLength: 1, maxLength: 28 }), (past) => {
        const sorted = past.toSorted((a, b) => Number(a.nano - b.nano));
        const usual = sorted[(past.length - 1) >> 1] ?? { weekday: 1, nano: 0n };
        expect(anomalyOfDay(usual, past)).toBeNull();
      }),
    );
  });
});

it('a session is judged beside ten others of its member', () => {
  const others = Array.from({ length: NEEDED_SESSIONS }, (_, at) => usd(1 + at / 10));
  expect(anomalyOfSession(usd(30), others)).toMatchObject({ samples: NEEDED_SESSIONS, norm: usd(1.45) });
  expect(anomalyOfSession(usd(11), others)).toBeNull();
  expect(anomalyOfSession(usd(30), others.slice(1))).toBeNull();
});

// What parts of a team spent in some periods, read from the rollups: one query for all that are cut the same way.
import { WINDOW_DAYS, type DaySpend } from '../budget/forecast.ts';
import type { Scope } from '../budget/budget.ts';
import type { DimensionName } from '../ledger/dimension.ts';
import { daysBefore, periodOf, weekdayOf, type Period } from '../ledger/period.ts';
import type { Database } from './database.ts';
import { readUsage } from './usage.ts';

/** The team's moment: what is "today" depends on both. */
export interface Moment {
  readonly now: number;
  readonly zone: string;
}

export interface Spent {
  readonly nano: bigint;
  /** Messages without a known price. */
  readonly unpriced: number;
}

export type Spending = (scope: Scope | null, period: Period) => Spent;

const NOTHING: Spent = { nano: 0n, unpriced: 0 };

export function readSpending(db: Database, scopes: readonly (Scope | null)[], periods: readonly Period[]): Spending {
  const spent = new Map<string, Spent>();
  function add(key: string, { nano, unpriced }: Spent): void {
    const held = spent.get(key) ?? NOTHING;
    spent.set(key, { nano: held.nano + nano, unpriced: held.unpriced + unpriced });
  }
  for (const by of new Set(scopes.map((scope) => scope?.by ?? null))) {
    for (const row of readUsage(db, { periods, groupBy: GROUPS[by ?? 'team'], filters: [], session: null })) {
      const period = periods[row.period];
      if (period === undefined) continue;
      const one = { nano: BigInt(row.cost), unpriced: Number(row.unpriced) };
      // A project answers to both of its names.
      for (const value of new Set([row.a, row.b])) {
        if (by === null || value !== null) add(keyOf(by === null ? null : { by, value: value ?? '' }, period), one);
      }
    }
  }
  return (scope, period) => spent.get(keyOf(scope, period)) ?? NOTHING;
}

const GROUPS: { readonly [K in Scope['by'] | 'team']: readonly DimensionName[] } = {
  team: [],
  member: ['member'],
  project: ['project', 'project_name'],
  model: ['model'],
  agent: ['agent'],
  provider: ['provider'],
};

/** Two periods of different length may begin together. */
function keyOf(scope: Scope | null, { start, end }: Period): string {
  return JSON.stringify([scope?.by, scope?.value, start, end]);
}

export interface Days {
  readonly past: readonly Period[];
  readonly today: Period;
}

/** Today and the days before it that norms and forecasts are made from; one more, so that yesterday has all of them too. */
export function daysAround({ now, zone }: Moment): Days {
  return { past: daysBefore(now, zone, WINDOW_DAYS + 1), today: periodOf(now, zone, 'day') };
}

export function daySpend(spending: Spending, scope: Scope | null, zone: string): (day: Period) => DaySpend {
  return (day) => ({ weekday: weekdayOf(day.start, zone), nano: spending(scope, day).nano });
}

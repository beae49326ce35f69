// What parts of a team spent in some periods, read from the rollups: one query for all that are cut the same way.
import { WINDOW_DAYS, type DaySpend } from '../budget/forecast.ts';
import type { Scope } from '../budget/budget.ts';
import { daysBefore, periodOf, weekdayOf, type Period } from '../ledger/period.ts';
import type { Database } from './database.ts';
import { readProjectNames } from './project-names.ts';
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

/** What each value of a dimension spent, projects by their ids; the team's own is under the empty text. */
type Values = ReadonlyMap<string, Spent>;

/** Sums of what lies before a moment, kept between two looks: whoever keeps them drops them when something there changes. */
export interface Kept {
  readonly before: number;
  readonly parts: Map<string, Values>;
}

export function nothingKept(before = Number.NEGATIVE_INFINITY): Kept {
  return { before, parts: new Map() };
}

/** Of the days that are over only what is not kept is read; so a look costs no more late in a month than early. */
export function readSpending(
  db: Database,
  scopes: readonly (Scope | null)[],
  periods: readonly Period[],
  { before, parts }: Kept = nothingKept(),
): Spending {
  const spent = new Map<string, Values>();
  const over = periods.map(({ start, end }) => ({ start, end: Math.max(start, Math.min(end, before)) }));
  const rest = periods.map(({ start, end }) => ({ start: Math.min(end, Math.max(start, before)), end }));
  for (const by of new Set(scopes.map((scope) => scope?.by ?? null))) {
    const missing = over.filter((part) => part.start < part.end && !parts.has(keyOf(by, part)));
    for (const [index, values] of readValues(db, by, missing).entries()) {
      const part = missing[index];
      if (part !== undefined) parts.set(keyOf(by, part), values);
    }
    for (const [index, values] of readValues(db, by, rest).entries()) {
      const [period, part] = [periods[index], over[index]];
      if (period === undefined || part === undefined) continue;
      spent.set(keyOf(by, period), merge(values, parts.get(keyOf(by, part))));
    }
  }
  const names = readProjectNames(db, scopes);
  return (scope, period) => {
    const values = spent.get(keyOf(scope?.by ?? null, period));
    const own = scope?.value ?? '';
    const ids = scope?.by === 'project' ? (names.get(own) ?? []) : [];
    return [...new Set([own, ...ids])].reduce((sum, id) => plus(sum, values?.get(id) ?? NOTHING), NOTHING);
  };
}

function readValues(db: Database, by: Scope['by'] | null, periods: readonly Period[]): Values[] {
  const found = periods.map(() => new Map<string, Spent>());
  if (periods.length === 0) return found;
  for (const row of readUsage(db, { periods, groupBy: by === null ? [] : [by], filters: [], session: null })) {
    const one = { nano: BigInt(row.cost), unpriced: Number(row.unpriced) };
    const value = by === null ? '' : row.a;
    if (value !== null) found[row.period]?.set(value, one);
  }
  return found;
}

function merge(values: Values, kept: Values = new Map()): Values {
  const all = new Map(kept);
  for (const [value, spent] of values) all.set(value, plus(all.get(value) ?? NOTHING, spent));
  return all;
}

function plus(a: Spent, b: Spent): Spent {
  return { nano: a.nano + b.nano, unpriced: a.unpriced + b.unpriced };
}

/** Two periods of different length may begin together. */
function keyOf(by: Scope['by'] | null, { start, end }: Period): string {
  return `${by} ${start} ${end}`;
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

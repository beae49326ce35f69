// What is far above its own recent norm: a day of a member or a project, or a session with all its sub-agents beside the other
// sessions of its member. A norm is the median of the days that had spend (an idle day says nothing about a working one), and
// where three of them were the same weekday, of those too: a project that always runs its great job on Sundays is no anomaly.
import type { DaySpend } from './forecast.ts';
import { deviationOf, medianOf } from './median.ts';

/** Days with spend, of the last 28, before a day is judged; sessions before a session is. */
export const NEEDED_DAYS = 7;
export const NEEDED_SESSIONS = 10;
const NEEDED_SAME_WEEKDAY = 3;

/** Far above is all of it at once: about five standard deviations, three times the norm, ten dollars over it. */
const DEVIATIONS = 7n;
const TIMES = 3n;
const FLOOR = 10_000_000_000n;

export interface Anomaly {
  readonly spent: bigint;
  /** The median that it was held against; the greater where there were two. */
  readonly norm: bigint;
  /** All above this is an anomaly. */
  readonly bound: bigint;
  /** How many days or sessions the norm is made of. */
  readonly samples: number;
}

/** `past` are the days before, whether they had spend or not. */
export function anomalyOfDay(day: DaySpend, past: readonly DaySpend[]): Anomaly | null {
  const active = past.filter(({ nano }) => nano > 0n);
  if (active.length < NEEDED_DAYS) return null;
  const same = active.filter(({ weekday }) => weekday === day.weekday);
  const groups = same.length < NEEDED_SAME_WEEKDAY ? [active] : [active, same];
  return aboveAll(
    day.nano,
    groups.map((group) => group.map(({ nano }) => nano)),
  );
}

/** `others` are the member's other sessions that cost something. */
export function anomalyOfSession(spent: bigint, others: readonly bigint[]): Anomaly | null {
  return others.length < NEEDED_SESSIONS ? null : aboveAll(spent, [others]);
}

function aboveAll(spent: bigint, groups: readonly (readonly bigint[])[]): Anomaly | null {
  const norms = groups.map((amounts) => {
    const norm = medianOf(amounts);
    const bounds = [norm + DEVIATIONS * deviationOf(amounts, norm), TIMES * norm, norm + FLOOR];
    return { norm, bound: bounds.reduce(greater), samples: amounts.length };
  });
  const [first, ...rest] = norms;
  if (first === undefined) return null;
  const strictest = rest.reduce((held, next) => (next.bound > held.bound ? next : held), first);
  return spent > strictest.bound ? { spent, ...strictest } : null;
}

function greater(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

// What a period will have cost at its end: what is spent, and for each day that is left the median of the same weekday in the
// last four weeks. Today counts as what it usually comes to, or as what it has come to where that is more.
import { medianOf } from './median.ts';

/** How far back a forecast looks, and an anomaly's norm too. */
export const WINDOW_DAYS = 28;
/** Fewer days than this since the first spend are no base to foretell from. */
export const NEEDED_DAYS = 14;

export interface DaySpend {
  /** 1 is Monday. */
  readonly weekday: number;
  readonly nano: bigint;
}

export type Forecast =
  | { readonly kind: 'known'; readonly nano: bigint }
  /** `days` have passed since the first spend of the last four weeks. */
  | { readonly kind: 'unknown'; readonly days: number };

export interface Outlook {
  readonly spent: bigint;
  readonly today: DaySpend;
  /** The weekdays of the days after today that the period still has. */
  readonly ahead: readonly number[];
  /** The days before today, the oldest first. */
  readonly past: readonly DaySpend[];
}

export function forecastOf({ spent, today, ahead, past }: Outlook): Forecast {
  const recent = past.slice(-WINDOW_DAYS);
  // Whoever began ten days ago did not spend nothing before: there was nobody.
  const first = recent.findIndex(({ nano }) => nano > 0n);
  const known = first === -1 ? [] : recent.slice(first);
  if (known.length < NEEDED_DAYS) return { kind: 'unknown', days: known.length };
  const usual = (weekday: number) => medianOf(known.flatMap((day) => (day.weekday === weekday ? [day.nano] : [])));
  const restOfToday = usual(today.weekday) - today.nano;
  const rest = ahead.reduce((sum, weekday) => sum + usual(weekday), restOfToday > 0n ? restOfToday : 0n);
  return { kind: 'known', nano: spent + rest };
}

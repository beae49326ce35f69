// Ranges and steps of time in a team's zone. A day is a calendar day there, of 23, 24 or 25 hours across a change of clocks.
// Temporal comes from a polyfill that keeps to the TC39 proposal, until the runtime brings its own.
import { Temporal } from 'temporal-polyfill';

import { fail, ok, type Result } from '../result.ts';
import { BUCKET_MS } from './rollup.ts';

export const STEPS = ['hour', 'day', 'week', 'month'] as const;
export type Step = (typeof STEPS)[number];

export interface Period {
  readonly start: number;
  readonly end: number;
}

/** A longer list of periods than this is a mistake: ten years of days, or five months of hours. */
const MAX_PERIODS = 3_700;

export function isZone(zone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch {
    return false;
  }
}

/** A moment as the API takes it: an ISO 8601 time with its offset, or a date, which is its first moment in the zone. */
export function parseMoment(text: string, zone: string): Result<number, string> {
  const moment = momentOf(text, zone);
  if (moment === null)
    return fail(`must be a date such as 2026-11-22 or a time such as 2026-11-22T09:00:00Z, got ${text}`);
  if (moment % BUCKET_MS !== 0) return fail(`must be a multiple of 15 minutes, as the rollups are, got ${text}`);
  return ok(moment);
}

function momentOf(text: string, zone: string): number | null {
  try {
    if (/^\d{4}-\d\d-\d\d$/.test(text)) return Temporal.PlainDate.from(text).toZonedDateTime(zone).epochMilliseconds;
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return null;
  }
}

/** Midnight at the start of the current month in the zone, and of the next. */
export function monthOf(now: number, zone: string): Period {
  const start = startOf(Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone), 'month');
  return { start: start.epochMilliseconds, end: start.add({ months: 1 }).epochMilliseconds };
}

/** The steps that a range falls into, the first and the last cut at its ends; null where they are too many. */
export function periodsOf(range: Period, zone: string, step: Step): readonly Period[] | null {
  const periods: Period[] = [];
  let from = startOf(Temporal.Instant.fromEpochMilliseconds(range.start).toZonedDateTimeISO(zone), step);
  while (from.epochMilliseconds < range.end) {
    if (periods.length >= MAX_PERIODS) return null;
    const to = startOf(from.add({ [`${step}s`]: 1 }), step);
    periods.push({
      start: Math.max(from.epochMilliseconds, range.start),
      end: Math.min(to.epochMilliseconds, range.end),
    });
    from = to;
  }
  return periods;
}

/** The first moment of the hour, day, ISO week or month that a moment lies in. */
function startOf(moment: Temporal.ZonedDateTime, step: Step): Temporal.ZonedDateTime {
  if (step === 'hour') return moment.round({ smallestUnit: 'hour', roundingMode: 'floor' });
  if (step === 'week') return moment.subtract({ days: moment.dayOfWeek - 1 }).startOfDay();
  return (step === 'month' ? moment.with({ day: 1 }) : moment).startOfDay();
}

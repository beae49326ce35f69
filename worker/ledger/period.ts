// Ranges and steps of time in a team's zone. A day is a calendar day there, of 23, 24 or 25 hours across a change of clocks.
// Temporal comes from a polyfill that keeps to the TC39 proposal, until the runtime brings its own.
import * as Instant from 'temporal-polyfill/fns/Instant';
import * as PlainDate from 'temporal-polyfill/fns/PlainDate';
import * as PlainTime from 'temporal-polyfill/fns/PlainTime';
import * as Zoned from 'temporal-polyfill/fns/ZonedDateTime';

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

/** Far from the ends of what Date and Temporal can hold, where the next step would throw. */
const EARLIEST = 0;
const LATEST = Date.UTC(2200, 0, 1);

/** How each step is found from a moment within it, and how far its successor is; weeks are ISO 8601's, from Monday. */
const STEPPING = {
  hour: { startOf: Zoned.startOfHour, add: Zoned.addHours },
  day: { startOf: Zoned.startOfDay, add: Zoned.addDays },
  week: { startOf: Zoned.startOfWeek, add: Zoned.addWeeks },
  month: { startOf: Zoned.startOfMonth, add: Zoned.addMonths },
} as const satisfies Record<Step, unknown>;

/** A bare offset such as +01:07 is none: its days need not be whole buckets. */
export function isZone(zone: string): boolean {
  if (!/^[a-z]/i.test(zone)) return false;
  try {
    inZone(0, zone);
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
  if (moment < EARLIEST || moment > LATEST) return fail(`must lie between 1970 and 2200, got ${text}`);
  if (moment % BUCKET_MS !== 0) return fail(`must be a multiple of 15 minutes, as the rollups are, got ${text}`);
  return ok(moment);
}

function momentOf(text: string, zone: string): number | null {
  try {
    const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
    if (year === undefined) return Instant.fromString(text).epochMilliseconds;
    const date = PlainDate.create(Number(year), Number(month), Number(day));
    return Zoned.startOfDay(PlainDate.toZonedDateTime(date, zone)).epochMilliseconds;
  } catch {
    return null;
  }
}

/** The calendar month in the zone that a moment lies in. */
export function monthOf(now: number, zone: string): Period {
  return periodOf(now, zone, 'month');
}

/** The whole step in the zone that a moment lies in. */
export function periodOf(moment: number, zone: string, step: Step): Period {
  const start = STEPPING[step].startOf(inZone(moment, zone));
  return { start: start.epochMilliseconds, end: next(start, step).epochMilliseconds };
}

/** The last `count` days that were over at a moment, the oldest first. */
export function daysBefore(moment: number, zone: string, count: number): readonly Period[] {
  const today = Zoned.startOfDay(inZone(moment, zone));
  const start = Zoned.startOfDay(Zoned.subtractDays(today, count)).epochMilliseconds;
  return periodsOf({ start, end: today.epochMilliseconds }, zone, 'day') ?? [];
}

/** ISO 8601's: 1 is Monday. */
export function weekdayOf(moment: number, zone: string): number {
  return Zoned.dayOfWeek(inZone(moment, zone));
}

/** When the clocks of a zone show a whole hour on the day of a moment; an hour that a change of clocks leaves out is the next one. */
export function hourOfDay(moment: number, zone: string, hour: number): number {
  return Zoned.withPlainTime(inZone(moment, zone), PlainTime.create(hour)).epochMilliseconds;
}

/** The steps that a range falls into, the first and the last cut at its ends; null where they are too many. */
export function periodsOf(range: Period, zone: string, step: Step): readonly Period[] | null {
  const periods: Period[] = [];
  let from = STEPPING[step].startOf(inZone(range.start, zone));
  while (from.epochMilliseconds < range.end) {
    if (periods.length >= MAX_PERIODS) return null;
    const to = next(from, step);
    periods.push({
      start: Math.max(from.epochMilliseconds, range.start),
      end: Math.min(to.epochMilliseconds, range.end),
    });
    from = to;
  }
  return periods;
}

/** Where clocks go back by half an hour, an hour after the start of an hour may lie in that same hour: then two are added. */
function next(from: Zoned.Record, step: Step): Zoned.Record {
  const { startOf, add } = STEPPING[step];
  const to = startOf(add(from, 1));
  return to.epochMilliseconds > from.epochMilliseconds ? to : startOf(add(from, 2));
}

function inZone(moment: number, zone: string): Zoned.Record {
  return Instant.toZonedDateTimeISO(Instant.fromEpochMilliseconds(moment), zone);
}

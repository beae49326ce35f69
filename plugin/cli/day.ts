// Calendar days as people type them, and the moments of a zone as they read them.

/** `2026-11-22`, in the zone of the report. */
export type Day = string & { readonly __unit: 'day' };

/** A date in one of two spellings, or where today is known a word or how many days back; null for anything else. */
export function parseDay(text: string, today: Day | null): Day | null {
  const back = { today: 0, yesterday: 1 }[text] ?? daysBack(text);
  if (back !== null) return today === null ? null : plusDays(today, -back);
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? /^(\d{4})(\d\d)(\d\d)$/.exec(text) ?? [];
  const written = `${year}-${month}-${day}` as Day;
  // The 31st of a month that has 30 days comes back as the 1st of the next.
  return year !== undefined && plusDays(written, 0) === written ? written : null;
}

/** Whether a zone is needed to know the day. */
export function isRelative(text: string): boolean {
  return text === 'today' || text === 'yesterday' || daysBack(text) !== null;
}

/** `7d` is the first of the last seven days, today among them. */
function daysBack(text: string): number | null {
  const days = Number(/^(\d{1,4})d$/.exec(text)?.[1] ?? 0);
  return days > 0 ? days - 1 : null;
}

export function plusDays(day: Day, days: number): Day | null {
  const time = Date.parse(`${day}T00:00:00Z`) + days * 86_400_000;
  return Number.isFinite(time) ? (new Date(time).toISOString().slice(0, 10) as Day) : null;
}

export function firstOfMonth(day: Day): Day {
  return `${day.slice(0, 8)}01` as Day;
}

export interface Local {
  readonly day: Day;
  /** `09:00` */
  readonly clock: string;
  /** `+01` or `+05:30`, which tells the two hours apart that a change of clocks gives one name. */
  readonly offset: string;
}

/** The calendar and the clock of a zone; null for a zone that this Node does not know. */
export function clockIn(zone: string): ((ms: number) => Local) | null {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'longOffset',
    });
  } catch {
    return null;
  }
  return (ms) => {
    const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const { year = '', month, day, hour, minute, timeZoneName = '' } = parts;
    return {
      day: `${year.padStart(4, '0')}-${month}-${day}` as Day,
      clock: `${hour}:${minute}`,
      offset: timeZoneName.replace('GMT', '').replace(':00', '') || '+00',
    };
  };
}

/** ISO 8601's, whose first week holds the year's first Thursday. */
export function weekOf(day: Day): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + 3 - ((date.getUTCDay() + 6) % 7));
  const year = date.getUTCFullYear();
  const week = Math.floor((date.getTime() - Date.UTC(year, 0, 1)) / (7 * 86_400_000)) + 1;
  return `${year}-W${week.toString().padStart(2, '0')}`;
}

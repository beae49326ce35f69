// When a failed event is tried again: the example schedule of the Standard Webhooks specification ("Retries"), with jitter so
// that the failures of one moment do not come back as one wave.
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Waits after the 1st, 2nd … failed try. When they are used up the event is exhausted for that endpoint. */
export const SCHEDULE_MS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
const JITTER = 0.2;
/** A receiver may put us off, but not for ever: a day is what the longest step of the schedule is. */
export const MAX_RETRY_AFTER_MS = 24 * HOUR;

export interface Failed {
  readonly tries: number;
  /** What the receiver asked for. */
  readonly afterMs: number | null;
  readonly schedule?: readonly number[] | undefined;
}

/** When to try again after `tries` failed tries, never before the receiver's own Retry-After; null when it is over. */
export function nextTry(
  { tries, afterMs, schedule = SCHEDULE_MS }: Failed,
  { now, random }: { readonly now: number; readonly random: number },
): number | null {
  const wait = schedule[tries - 1];
  if (wait === undefined) return null;
  const jittered = wait * (1 + JITTER * (2 * random - 1));
  return Math.ceil(now + Math.max(jittered, Math.min(afterMs ?? 0, MAX_RETRY_AFTER_MS)));
}

/** Retry-After in seconds or as a date (RFC 9110, 10.2.3) as a wait from now; null where it is absent or unreadable. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * SECOND;
  // Each of the three forms of an HTTP date begins with the day's name; Date.parse alone would find a year in any words.
  const date = /^(?:mon|tue|wed|thu|fri|sat|sun)/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

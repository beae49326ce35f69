// How an endpoint is delivered to, as far as an admin may say. What is not set goes by the default.
import type { Limit } from './bucket.ts';

export const FORMATS = ['standard', 'cloudevents'] as const;
export type Format = (typeof FORMATS)[number];

export interface Settings {
  /** Waits in seconds after the 1st, 2nd … failed try; when they are used up the event is exhausted. */
  readonly retry_schedule_s?: readonly number[];
  /** After so many hours in which it failed and nothing was delivered an endpoint is disabled; 0 for never. */
  readonly disable_after_h?: number;
  /** Within which connect, headers and body of an answer have to come. */
  readonly timeout_s?: number;
  /** Requests at once. */
  readonly concurrency?: number;
  readonly rate_per_minute?: number;
  /** Requests that may go at once after a rest; without a rate it means nothing. */
  readonly burst?: number;
  /** Up to so many events in one request. */
  readonly batch?: number;
  /** At most one message a session and type in so many seconds. */
  readonly group_s?: number;
  /** What a webhook's body is: the event as it stands in the API, or a CloudEvent. */
  readonly format?: Format;
}

/** A change of some settings: null takes one back to its default. */
export type SettingsChange = { readonly [K in keyof Settings]?: Settings[K] | null };

/** A Worker's invocation waits for the headers of six requests at once; a seventh would only queue. */
export const MAX_CONCURRENCY = 6;
export const DEADLINE_S = 15;

/** What the Courier has to know of them. */
export interface Manner {
  readonly timeoutMs: number;
  readonly concurrency: number;
  /** Null: each event by itself. */
  readonly batch: number | null;
  readonly format: Format;
}

export function changeSettings(settings: Settings, change: SettingsChange): Settings {
  const changed = Object.entries({ ...settings, ...change }).filter(([, value]) => value !== null);
  return Object.fromEntries(changed) as Settings;
}

export function mannerOf({ timeout_s, concurrency, batch, format }: Settings): Manner {
  return {
    timeoutMs: (timeout_s ?? DEADLINE_S) * 1_000,
    concurrency: concurrency ?? MAX_CONCURRENCY,
    batch: batch ?? null,
    format: format ?? 'standard',
  };
}

/** A bucket holds a second's worth unless it says otherwise. */
export function limitOf({ rate_per_minute: perMinute, burst }: Settings): Limit | null {
  if (perMinute === undefined) return null;
  return { perMinute, burst: burst ?? Math.ceil(perMinute / 60) };
}

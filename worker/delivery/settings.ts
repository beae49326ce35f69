// How an endpoint is delivered to, as far as an admin may say. What is not set goes by the default.
export interface Settings {
  /** Waits in seconds after the 1st, 2nd … failed try; when they are used up the event is exhausted. */
  readonly retry_schedule_s?: readonly number[];
  /** After so many hours in which it failed and nothing was delivered an endpoint is disabled; 0 for never. */
  readonly disable_after_h?: number;
}

/** A change of some settings: null takes one back to its default. */
export type SettingsChange = { readonly [K in keyof Settings]?: Settings[K] | null };

export function changeSettings(settings: Settings, change: SettingsChange): Settings {
  const changed = Object.entries({ ...settings, ...change }).filter(([, value]) => value !== null);
  return Object.fromEntries(changed) as Settings;
}

// A rotation gives an endpoint a new key while the one before it goes on signing for a while, so that the receiver can take the
// new one when it likes. No clock: the time is passed in.
import type { Signing } from './signing-key.ts';

/** What an endpoint signs with. */
export interface Keys {
  readonly signing: Signing;
  /** Sealed; only the Courier opens it. */
  readonly secret: string;
  /** Of a v1a key. */
  readonly publicKey: string | null;
  /** What signed before `secret` and still does beside it for a while, the newest first. */
  readonly retired: readonly RetiredKey[];
}

export interface RetiredKey {
  /** Sealed. */
  readonly secret: string;
  readonly until: number;
}

export type Rotation = Omit<Keys, 'retired'> & { readonly overlapMs: number };

/** Each costs a signature in every message. */
export const MAX_KEYS = 10;

/** Sealed, the newest first. */
export function secretsAt({ secret, retired }: Keys, now: number): string[] {
  return [secret, ...stillGood(retired, now).map((key) => key.secret)];
}

/** Null where that would be too many keys. Without an overlap all older ones end at once: that is for one that has leaked. */
export function rotate(keys: Keys, { overlapMs, ...key }: Rotation, now: number): Keys | null {
  const before = { secret: keys.secret, until: now + overlapMs };
  const retired = overlapMs === 0 ? [] : [before, ...stillGood(keys.retired, now)];
  return retired.length < MAX_KEYS ? { ...key, retired } : null;
}

export function stillGood(retired: readonly RetiredKey[], now: number): RetiredKey[] {
  return retired.filter(({ until }) => until > now);
}

/** When the last of the older keys ends; null where the endpoint has none any more. */
export function overlapEnd({ retired }: Keys, now: number): number | null {
  const times = stillGood(retired, now).map(({ until }) => until);
  return times.length === 0 ? null : Math.max(...times);
}

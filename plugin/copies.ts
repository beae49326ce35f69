// Tells a message that a fork copied from one that was paid for here. OpenCode writes a copy under a new id but with the
// original's time and cost, and announces it like any other: summed naively, each fork would charge its history again.

import type { Fields } from './field.ts';

/** An id's first 12 hex digits are (epoch milliseconds × 4096 + counter) mod 2^48, so 36 bits of the time are in it. */
const ID_TIME_RANGE = 2 ** 36;
/** Originals were measured at −1 and 0 ms between id and time, copies from 478 ms upwards. */
const ORIGINAL_MS = 2;
const COPY_MS = 100;
/** An id that decodes to a time far from now was not made in this way; OpenCode may change its ids. */
const ID_MAX_AGE_MS = 86_400_000;

export function isCopy(info: Fields, createdAt: number, sessionCreatedAt: number | null, now: number): boolean {
  const idTime = decodeIdTime(info.id);
  if (idTime !== null) {
    const age = distance(idTime, now);
    if (age > -COPY_MS && age < ID_MAX_AGE_MS) {
      const lag = distance(createdAt, idTime);
      if (lag > COPY_MS) return true;
      if (Math.abs(lag) <= ORIGINAL_MS) return false;
    }
  }
  return sessionCreatedAt !== null && createdAt < sessionCreatedAt;
}

function decodeIdTime(id: unknown): number | null {
  const digits = typeof id === 'string' ? id.slice(4, 16) : '';
  return /^[0-9a-f]{12}$/.test(digits) ? Math.floor(Number.parseInt(digits, 16) / 4096) : null;
}

/** From one time to another where only the lower 36 bits are known: between −2^35 and 2^35. */
function distance(from: number, to: number): number {
  const apart = (((to - from) % ID_TIME_RANGE) + ID_TIME_RANGE) % ID_TIME_RANGE;
  return apart > ID_TIME_RANGE / 2 ? apart - ID_TIME_RANGE : apart;
}

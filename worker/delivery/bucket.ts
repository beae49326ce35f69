// A token bucket: an endpoint's requests take a token each, which come back one by one. Its state is one number, the time of the
// next token: what is in the bucket follows from how long ago that was.
export interface Limit {
  readonly perMinute: number;
  /** How many tokens the bucket holds. */
  readonly burst: number;
}

/** An empty bucket is not looked at for each token of it: its endpoint comes back to what has gathered in this time. */
const GATHER_MS = 1_000;

/**
 * How long so many tokens take. Multiplied first: times are whole milliseconds, and what comes out even must not be a hair less. To
 * be rounded before it is added to a moment, beside which a ten-thousandth of a millisecond is lost.
 */
function lasting(count: number, { perMinute }: Limit): number {
  return (count * 60_000) / perMinute;
}

function within(ms: number, { perMinute }: Limit): number {
  return Math.floor((ms * perMinute) / 60_000);
}

export function tokensAt(nextToken: number, limit: Limit, now: number): number {
  if (now < nextToken) return 0;
  return Math.min(limit.burst, 1 + within(now - nextToken, limit));
}

/** When the next token comes after so many were taken; rounded up, so that the rate is never passed. */
export function take(nextToken: number, limit: Limit, { count, at }: { readonly count: number; readonly at: number }) {
  const afterFull = Math.ceil(lasting(count - (limit.burst - 1), limit));
  return Math.max(nextToken + Math.ceil(lasting(count, limit)), at + afterFull);
}

/** When it is worth coming back: at once while there are tokens. */
export function worthAt(nextToken: number, limit: Limit, now: number): number {
  if (tokensAt(nextToken, limit, now) > 0) return now;
  const gathered = Math.min(limit.burst, Math.max(1, within(GATHER_MS, limit)));
  return nextToken + Math.ceil(lasting(gathered - 1, limit));
}

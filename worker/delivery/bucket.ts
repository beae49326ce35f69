// A token bucket: an endpoint's requests take a token each, which come back one by one. Its state is one number, the time of the
// next token: what is in the bucket follows from how long ago that was.
export interface Limit {
  readonly perMinute: number;
  /** How many tokens the bucket holds. */
  readonly burst: number;
}

/** An empty bucket is not looked at for each token of it: its endpoint comes back to what has gathered in this time. */
const GATHER_MS = 1_000;

function interval({ perMinute }: Limit): number {
  return 60_000 / perMinute;
}

export function tokensAt(nextToken: number, limit: Limit, now: number): number {
  if (now < nextToken) return 0;
  return Math.min(limit.burst, 1 + Math.floor((now - nextToken) / interval(limit)));
}

/** When the next token comes after so many were taken; rounded up, so that the rate is never passed. */
export function take(nextToken: number, limit: Limit, { count, at }: { readonly count: number; readonly at: number }) {
  const full = at - (limit.burst - 1) * interval(limit);
  return Math.ceil(Math.max(nextToken, full) + count * interval(limit));
}

/** When it is worth coming back: at once while there are tokens. */
export function worthAt(nextToken: number, limit: Limit, now: number): number {
  if (tokensAt(nextToken, limit, now) > 0) return now;
  const gathered = Math.min(limit.burst, Math.max(1, Math.floor(GATHER_MS / interval(limit))));
  return Math.ceil(nextToken + (gathered - 1) * interval(limit));
}

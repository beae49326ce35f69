// The rate limit on one machine: the binding RATE_LIMIT as Cloudflare has it, counted in memory. Miniflare's own asks an object in
// another Worker each time, which took longer than all else that the door does with a small batch.

interface Limit {
  /** Calls of one key in a period. */
  readonly limit: number;
  /** In seconds. */
  readonly period: number;
}

export function rateLimit({ limit, period }: Limit) {
  const counts = new Map<string, number>();
  let endsAt = 0;
  return {
    async limit({ key }: { readonly key: string }): Promise<{ readonly success: boolean }> {
      const now = Date.now();
      if (now >= endsAt) {
        counts.clear();
        endsAt = now + period * 1_000;
      }
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return { success: count <= limit };
    },
  };
}

// How long to wait after the nth failure in a row. The random half keeps a team's plugins from returning all at once.

import { BACKOFF_MAX_MS, BACKOFF_MS, REFUSED_MAX_MS, REFUSED_MS } from './limits.ts';

export function backoffMs(kind: 'refused' | 'later', failures: number, random: number): number {
  const [first, max] = kind === 'refused' ? [REFUSED_MS, REFUSED_MAX_MS] : [BACKOFF_MS, BACKOFF_MAX_MS];
  const longest = Math.min(max, first * 2 ** Math.min(failures - 1, 20));
  return Math.round(longest * (0.5 + random / 2));
}

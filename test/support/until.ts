// Waits for a condition by asking again, so that no test sleeps for a time somebody guessed.

import { setTimeout as sleep } from 'node:timers/promises';

interface Patience {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/** Resolves with the first answer that is neither undefined, null nor false. */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  { timeoutMs = 90_000, everyMs = 25 }: Patience = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await sleep(everyMs);
  }
}

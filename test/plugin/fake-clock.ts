// Time that stands until it is told to go on.
import type { Clock } from '../../plugin/clock.ts';

export type FakeClock = ReturnType<typeof fakeClock>;

export function fakeClock(from = '2026-11-22T12:00:00Z') {
  let now = Date.parse(from);
  const timers = new Map<symbol, { readonly at: number; readonly run: () => void }>();
  const clock: Clock & { advance(ms: number): void; waiting(): number | null } = {
    now: () => now,
    random: () => 1,
    after(ms, run) {
      const key = Symbol('timer');
      timers.set(key, { at: now + ms, run });
      return () => timers.delete(key);
    },
    advance(ms) {
      now += ms;
      for (const [key, { at, run }] of timers) {
        if (at > now) continue;
        timers.delete(key);
        run();
      }
    },
    /** How long until the next timer; null when nothing waits. */
    waiting: () => (timers.size === 0 ? null : Math.min(...[...timers.values()].map(({ at }) => at - now))),
  };
  return clock;
}

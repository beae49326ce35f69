// Watches over deliveries from outside their loops: endpoints that have failed for too long, and those that the relay does not
// get to, and those that gave events up. It keeps no alarm of its own for these: while anything is due the dispatcher's stands half a minute ahead.
import type { Database } from './store/database.ts';
import { nextTelling, tellExhausted } from './store/exhausted.ts';
import { clearFailure, noteFailure } from './store/failures.ts';
import { judgeFailing, lookAround, nextJudgement } from './store/watchdog.ts';

interface Parts {
  readonly db: Database;
  readonly now: () => number;
  /** Whose time comes by the same alarm. */
  readonly watch: { readonly due: () => number; readonly run: () => void };
}

export const WATCHDOG = 'watchdog';
/** A look that fails is not tried again at once, or the alarm would do nothing else. */
const RETRY_MS = 60_000;

export function openWatchdog({ db, now, watch }: Parts) {
  let pausedUntil = 0;
  return {
    due: () => Math.min(watch.due(), Math.max(Math.min(nextJudgement(db, now()), nextTelling(db)), pausedUntil)),
    /** `underWay` says until when what is being sent to an endpoint may take. */
    run(underWay: ReadonlyMap<string, number>): void {
      watch.run();
      const at = now();
      if (at < pausedUntil) return;
      try {
        judgeFailing(db, at);
        lookAround(db, underWay, at);
        tellExhausted(db, at);
        if (pausedUntil > 0) clearFailure(db, WATCHDOG);
        pausedUntil = 0;
      } catch (error) {
        pausedUntil = at + RETRY_MS;
        noteFailure(db, WATCHDOG, { at, reason: error instanceof Error ? error.message : String(error) });
      }
    },
  };
}

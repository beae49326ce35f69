// Carries a repricing out, slice by slice: each is one transaction with how far the work has come, and the last with what is
// said of it. A crash repeats nothing and leaves nothing out.
import type { Chore } from './chore.ts';
import type { Database } from './store/database.ts';
import { emit } from './store/emit.ts';
import { repriceSlice } from './store/reprice.ts';
import { reportOf, runningRepricing, writeRepricing } from './store/repricings.ts';

export const REPRICING = 'repricing';

interface Parts {
  readonly db: Database;
  readonly now: () => number;
  /** Told of the earliest moment whose spend may have changed. */
  readonly spent: (since: number) => void;
}

export function repricing({ db, now, spent }: Parts): Chore {
  return {
    name: REPRICING,
    due: () => (runningRepricing(db) === null ? Number.POSITIVE_INFINITY : 0),
    async run() {
      db.transaction(() => {
        const held = runningRepricing(db);
        if (held === null) return;
        // All of it counts as of its beginning, where it stands in the log: so the folds made anew come to the same.
        const order = { range: held.range, isDry: false, now: held.begun };
        const { next, ...slice } = repriceSlice(db, order, held.upTo);
        const done = {
          ...held,
          upTo: next,
          ended: next === null ? now() : null,
          messages: held.messages + slice.messages,
          changed: held.changed + slice.changed,
          before: held.before + slice.before,
          after: held.after + slice.after,
        };
        writeRepricing(db, done);
        if (slice.changed > 0) spent(held.range.start);
        if (next === null) emit(db, now(), [{ type: 'ledger.repriced', data: reportOf(done) }]);
      });
    },
  };
}

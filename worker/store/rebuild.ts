// The folds made anew from the log: after a migration that changes them, and in the test that proves them to be folds.
import type { Database } from './database.ts';
import { fold } from './fold.ts';
import { chunksAfter } from './log.ts';
import { beginning } from './parts.ts';

const FOLDS = ['dimension', 'entry', 'discard', 'rollup', 'rollup_hour', 'late', 'session'] as const;

/** What has left the log is in the folds alone: to make them anew from the rest would be to lose it. */
export function rebuild(db: Database): void {
  const missing = beginning(db);
  if (missing > 0) {
    throw new Error(
      `the log begins after position ${missing}, what was before is archived: the folds cannot be made anew`,
    );
  }
  db.transaction(() => {
    for (const table of FOLDS) db.sql.exec(/* sql */ `DELETE FROM ${table}`);
    db.forget();
    for (const { source, received, events } of chunksAfter(db, 0)) fold(db, { source, received, events });
  });
}

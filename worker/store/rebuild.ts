// The folds made anew from the log: after a migration that changes them, and in the test that proves them to be folds.
import type { Database } from './database.ts';
import { fold } from './fold.ts';
import { chunksAfter } from './log.ts';

const FOLDS = ['dimension', 'entry', 'discard', 'rollup', 'rollup_hour', 'late', 'session'] as const;

export function rebuild(db: Database): void {
  db.transaction(() => {
    for (const table of FOLDS) db.sql.exec(/* sql */ `DELETE FROM ${table}`);
    db.forget();
    for (const { source, received, events } of chunksAfter(db, 0)) fold(db, { source, received, events });
  });
}

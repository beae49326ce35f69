// The folds made anew from the log: after a migration that changes them, and in the test that proves them to be folds.
import type { Database } from './database.ts';
import type { LoggedEvent } from '../event/event.ts';
import { RELAY_ID } from '../event/own.ts';
import { fold } from './fold.ts';
import type { EntryKey } from './ledger.ts';
import { chunksAfter } from './log.ts';
import { beginning } from './parts.ts';
import { forgetPrices } from './prices.ts';
import { repriceSlice } from './reprice.ts';

const FOLDS = [
  'dimension',
  'entry',
  'discard',
  'rollup',
  'rollup_hour',
  'rollup_session',
  'late_hour',
  'late_session',
  'session',
  'open_session',
  'price_rule',
  'price_current',
  'mail',
  'mail_copy',
] as const;

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
    forgetPrices(db);
    for (const { source, received, first, events } of chunksAfter(db, 0)) {
      fold(db, { source, received, first, events });
      if (source.id === RELAY_ID) for (const event of events) repriceAgain(db, event, received);
    }
  });
}

/** A repricing goes by the prices of its time, which is now in the order of the log. */
function repriceAgain(db: Database, { type, data }: LoggedEvent, now: number): void {
  if (type !== 'ledger.repricing') return;
  const { from, to } = data as { readonly from: string; readonly to: string };
  const range = { start: Date.parse(from), end: Date.parse(to) };
  let next: EntryKey | null = null;
  do next = repriceSlice(db, { range, isDry: false, now }, next).next;
  while (next !== null);
}

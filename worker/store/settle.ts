// What an attempt leads to: another try, or none, and what its answer says of the receiver.
import type { Attempt, Outcome } from '../delivery/outcome.ts';
import { MAX_RETRY_AFTER_MS, nextTry } from '../delivery/schedule.ts';
import type { NewAttempt } from './attempts.ts';
import type { Database } from './database.ts';
import type { Endpoint } from './endpoints.ts';
import { dropReplay } from './replay.ts';

/** How an event came to its try: for the first time, by a retry or a replay of its own, or as one that the cursor will bring again. */
export type Turn = 'new' | 'earlier' | 'again';

/** Writes what an attempt leads to and returns its own row. */
export function settle(db: Database, endpoint: Endpoint, attempt: Attempt, turn: Turn, at: Moment): NewAttempt {
  const { outcome } = attempt;
  if (!at.isElsewhere) heed(db, endpoint.id, outcome, at.now);
  if (outcome.kind === 'delivered' && turn === 'new') return { attempt, recorded: 'delivered', nextAt: null };
  if (turn !== 'again') return reschedule(db, endpoint, attempt, turn === 'new', at);
  return { attempt, recorded: outcome.kind, nextAt: outcome.kind === 'retry' ? at.now + putOffMs(outcome) : null };
}

export interface Moment {
  readonly now: number;
  readonly random: number;
  /** The endpoint was moved while this was under way: its new receiver has said nothing yet. */
  readonly isElsewhere: boolean;
}

/** What an answer says of the receiver, whatever the event. */
function heed({ sql }: Database, id: string, outcome: Outcome, now: number): void {
  if (outcome.kind === 'gone')
    sql.exec(/* sql */ `UPDATE endpoint SET state = 'disabled', reason = ? WHERE id = ?`, outcome.detail, id);
  if (outcome.kind === 'retry' && outcome.afterMs !== null) {
    const notBefore = now + putOffMs(outcome);
    sql.exec(/* sql */ `UPDATE endpoint SET not_before = max(not_before, ?) WHERE id = ?`, notBefore, id);
  }
}

function putOffMs({ afterMs }: { readonly afterMs: number | null }): number {
  return Math.min(afterMs ?? 0, MAX_RETRY_AFTER_MS);
}

function reschedule(
  db: Database,
  { id, settings }: Endpoint,
  attempt: Attempt,
  isNew: boolean,
  { now, random, isElsewhere }: Moment,
): NewAttempt {
  const { seq, outcome } = attempt;
  const before = isNew ? 0 : triesOf(db, id, seq);
  const tries = (before ?? 0) + 1;
  // A retry that is gone meanwhile is not put back: its event has left the log.
  const isGone = before === null;
  if (!isNew) dropReplay(db, id, seq);
  const schedule = settings.retry_schedule_s?.map((seconds) => seconds * 1_000);
  const isRetried = outcome.kind === 'retry' && !isGone;
  const onSchedule = isRetried ? nextTry({ tries, afterMs: outcome.afterMs, schedule }, { now, random }) : null;
  const nextAt = isRetried && isElsewhere ? now : onSchedule;
  // An event that the receiver refused with 410 is not lost: it waits with the endpoint for whoever enables it again.
  const isStillWanted = outcome.kind === 'gone' || (isElsewhere && outcome.kind === 'rejected');
  const due = isStillWanted && !isGone ? now : nextAt;
  if (due !== null) {
    db.sql.exec(
      /* sql */ `INSERT INTO retry (endpoint, seq, tries, due) VALUES (?, ?, ?, ?)
                     ON CONFLICT (endpoint, seq) DO UPDATE SET tries = excluded.tries, due = excluded.due`,
      id,
      seq,
      tries,
      due,
    );
  } else if (!isNew) {
    db.sql.exec(/* sql */ `DELETE FROM retry WHERE endpoint = ? AND seq = ?`, id, seq);
  }
  return { attempt, recorded: outcome.kind === 'retry' && nextAt === null ? 'exhausted' : outcome.kind, nextAt };
}

/** Of what is to be sent again none yet; null where it is not to be sent any more. */
function triesOf({ sql }: Database, id: string, seq: number): number | null {
  const [row] = sql.exec<{ tries: number }>(
    /* sql */ `SELECT tries FROM retry WHERE endpoint = ?1 AND seq = ?2
                UNION ALL
               SELECT 0 FROM replay WHERE endpoint = ?1 AND seq = ?2`,
    id,
    seq,
  );
  return row?.tries ?? null;
}

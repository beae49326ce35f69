// How far a team's archive has come, what holds it up, and what stopped it.
import type { Database } from './database.ts';
import { readFailure, type FailureRow } from './failures.ts';
import { listHolds, type HoldRow } from './holds.ts';
import { head } from './log.ts';
import { beginning, floor, sumParts } from './parts.ts';
import { readRetention, type Retention } from './retention.ts';

export interface RetentionState extends Retention {
  readonly log: { readonly first: number; readonly head: number };
  readonly archive: { readonly parts: number; readonly bytes: number; readonly upTo: number };
  readonly holds: readonly HoldRow[];
  readonly failure: FailureRow | null;
}

/** The name of the chore. */
export const RETENTION = 'retention';

export function readRetentionState(db: Database): RetentionState {
  return {
    ...readRetention(db),
    log: { first: beginning(db) + 1, head: head(db) },
    archive: { ...sumParts(db), upTo: floor(db) },
    holds: listHolds(db),
    failure: readFailure(db, RETENTION),
  };
}

// The copies that forks made, as the disk they lie on has them by now. They are found by their sessions, of which few are forks,
// and not in the whole ledger.
import type { Period } from '../ledger/period.ts';
import type { Database } from './database.ts';

/** Sums of what was reported, as text. */
export type Copies = {
  /** Reverted or deleted like anything else. */
  gone: string;
  /** Still there, while what they were copied from is gone: each original once. */
  orphaned: string;
};

/** A copy has the time, the model, the tokens and the cost of its original, and nothing else of it. */
const PRINT = 'at, provider, model, input, output, reasoning, cache_read, cache_write, reported';

export function readCopies({ sql }: Database, { start, end }: Period): Copies {
  return sql
    .exec<Copies>(
      /* sql */ `WITH copy AS MATERIALIZED (
                   SELECT entry.*, provider, model,
                          EXISTS (SELECT 1
                                    FROM discard
                                   WHERE discard.session = entry.session
                                     AND discard.message IN ('', entry.message)
                                     AND discard.until >= entry.at) AS gone
                     FROM session
                     JOIN entry ON entry.session = session.id
                     JOIN dimension ON dimension.id = entry.dimension
                    WHERE session.copied > 0
                      AND state = 'copied'
                      AND at >= ?1
                      AND at < ?2
                 ),
                 orphan AS (
                   SELECT ${PRINT} FROM copy WHERE NOT gone
                   INTERSECT
                   SELECT ${PRINT}
                     FROM (SELECT DISTINCT session FROM discard) AS touched
                     JOIN entry ON entry.session = touched.session
                     JOIN dimension ON dimension.id = entry.dimension
                    WHERE state = 'discarded'
                      AND at >= ?1
                      AND at < ?2
                 )
                 SELECT (SELECT CAST(coalesce(sum(reported), 0) AS TEXT) FROM copy WHERE gone) AS gone,
                        (SELECT CAST(coalesce(sum(reported), 0) AS TEXT) FROM orphan) AS orphaned`,
      start,
      end,
    )
    .one();
}

// Where the spend of one session is read from: its own entries, which lie side by side.
import type { Period } from '../ledger/period.ts';
import { BUCKET_MS, SUMS } from '../ledger/rollup.ts';
import type { Database } from './database.ts';
import type { From } from './usage-parts.ts';

/** A session alone, or with its sub-agents at every depth. */
export interface Subtree {
  readonly id: string;
  readonly scope: 'own' | 'inclusive';
}

/** What a copy adds nothing to. */
const PAID = ['input', 'output', 'reasoning', 'cache_read', 'cache_write', 'cost', 'reported', 'list'] as const;

/** The moment's bucket. */
const BUCKET = `at - at % ${BUCKET_MS}`;

/**
 * When something came is not known of an entry. Its buckets are laid to their periods beforehand: a join of each entry
 * with each period would be their product.
 */
export function fromEntries({ sql }: Database, periods: readonly Period[], { id, scope }: Subtree): From {
  const below = /* sql */ `
       UNION
      SELECT session.id
        FROM chosen
        JOIN session ON session.parent = chosen.id`;
  const chosen = /* sql */ `
    chosen AS (
      SELECT ?1 AS id
      ${scope === 'own' ? '' : below}
    )`;
  const buckets = sql.exec<{ bucket: number }>(
    /* sql */ `WITH RECURSIVE ${chosen}
               SELECT DISTINCT ${BUCKET} AS bucket
                 FROM chosen
                 JOIN entry ON entry.session = chosen.id
                ORDER BY bucket`,
    id,
  );
  const place = /* sql */ `
    place AS MATERIALIZED (
      SELECT value->>0 AS bucket, value->>1 AS period FROM json_each(?2)
    )`;
  const rows = /* sql */ `
      SELECT period, entry.session, dimension,
             sum(state <> 'copied') AS messages,
             ${PAID.map((name) => `coalesce(sum(iif(state = 'copied', 0, ${name})), 0) AS ${name}`).join(', ')},
             sum(iif(state = 'discarded', cost, 0)) AS discarded,
             sum(iif(state = 'copied', reported, 0)) AS copied,
             sum(basis = 'unpriced' AND state <> 'copied') AS unpriced,
             sum(list IS NULL AND state <> 'copied'
                 AND input + output + reasoning + cache_read + cache_write > 0) AS unlisted
        FROM chosen
        JOIN entry ON entry.session = chosen.id
        JOIN dimension ON dimension.id = entry.dimension
        JOIN place ON place.bucket = ${BUCKET}
       GROUP BY period, entry.session, dimension`;
  const places = placesOf(
    buckets.toArray().map(({ bucket }) => bucket),
    periods,
  );
  return { tables: [chosen, place], parts: [{ rows, has: SUMS }], values: [id, JSON.stringify(places)] };
}

/** Each bucket with the index of the period that it lies in, both in the order of time. */
function placesOf(buckets: readonly number[], periods: readonly Period[]): [number, number][] {
  let index = 0;
  return buckets.flatMap((bucket): [number, number][] => {
    while ((periods[index]?.end ?? Infinity) <= bucket) index += 1;
    const period = periods[index];
    return period === undefined || bucket < period.start ? [] : [[bucket, index]];
  });
}

// What FOCUS calls charges: a period's spend by all that a charge is told apart by, from the rollups.
import type { Period } from '../ledger/period.ts';
import type { FocusSpend } from '../ledger/focus.ts';
import type { Database } from './database.ts';
import { fromRollups, sumsBy } from './usage-parts.ts';

/** Sums are text, as everywhere. */
export type FocusRow = { -readonly [K in keyof FocusSpend]: FocusSpend[K] };

const KEYS = ['member', 'project', 'branch', 'agent', 'provider', 'model', 'basis'];
const TOTALS = 'messages input output reasoning cache_read cache_write cost reported list unpriced unlisted late'.split(
  ' ',
);

/** `closes` is when the billing period of the charges ends: what came later than that is `late`. */
export function readFocus({ sql }: Database, period: Period, closes: number): FocusRow[] {
  const from = fromRollups([{ ...period, closes }]);
  const spent = sumsBy(from, {
    keys: Object.fromEntries(KEYS.map((name) => [name, `dimension.${name}`])),
    names: { project_name: 'dimension.project_name' },
  });
  return sql
    .exec<FocusRow>(
      /* sql */ `WITH ${from.tables.join(',')}
                 SELECT ${KEYS.join(', ')}, max(project_name) AS project_name,
                        ${TOTALS.map((name) => `CAST(sum(${name}) AS TEXT) AS ${name}`).join(', ')}
                   FROM (${spent})
                  GROUP BY ${KEYS.join(', ')}
                 HAVING sum(messages) > 0
                     OR sum(cost) <> 0
                     OR sum(late) <> 0
                  ORDER BY ${KEYS.join(', ')}`,
      ...from.values,
    )
    .toArray();
}

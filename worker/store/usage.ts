// What was spent: sums of rollups. The work grows with buckets and dimensions, not with the number of messages.
import type { DimensionName } from '../ledger/dimension.ts';
import type { Period } from '../ledger/period.ts';
import type { Database } from './database.ts';

/** Sums are text: SQLite adds 64-bit integers exactly, and a double would hold only 53 bits of them. */
export type UsageRow = {
  period: number;
  a: string | null;
  b: string | null;
  project_name: string | null;
  messages: number;
  input: string;
  output: string;
  reasoning: string;
  cache_read: string;
  cache_write: string;
  cost: string;
  uncosted: number;
};

/** One row for each period and combination of (at most two) dimensions with spend in it; `period` is its index. */
export function readUsage({ sql }: Database, periods: readonly Period[], [a, b]: readonly DimensionName[]): UsageRow[] {
  return sql
    .exec<UsageRow>(
      /* sql */ `WITH spent AS MATERIALIZED (
                   SELECT period.key AS period,
                          rollup.dimension,
                          sum(messages) AS messages,
                          sum(input) AS input,
                          sum(output) AS output,
                          sum(reasoning) AS reasoning,
                          sum(cache_read) AS cache_read,
                          sum(cache_write) AS cache_write,
                          sum(cost) AS cost,
                          sum(uncosted) AS uncosted
                     FROM json_each(?1) AS period
                     JOIN rollup
                       ON rollup.bucket >= period.value->>0
                      AND rollup.bucket < period.value->>1
                    GROUP BY period.key, rollup.dimension
                 ),
                 labelled AS (
                   SELECT spent.*,
                          ${column(a)} AS a,
                          ${column(b)} AS b,
                          project_name
                     FROM spent
                     JOIN dimension ON dimension.id = spent.dimension
                 )
                 SELECT period, a, b,
                        max(project_name) AS project_name,
                        sum(messages) AS messages,
                        CAST(sum(input) AS TEXT) AS input,
                        CAST(sum(output) AS TEXT) AS output,
                        CAST(sum(reasoning) AS TEXT) AS reasoning,
                        CAST(sum(cache_read) AS TEXT) AS cache_read,
                        CAST(sum(cache_write) AS TEXT) AS cache_write,
                        CAST(sum(cost) AS TEXT) AS cost,
                        sum(uncosted) AS uncosted
                   FROM labelled
                  GROUP BY period, a, b
                 HAVING sum(messages) > 0
                  ORDER BY period, sum(cost) DESC, a, b`,
      JSON.stringify(periods.map(({ start, end }) => [start, end])),
    )
    .toArray();
}

/** Only names of the closed list of dimensions reach the text of the statement. */
function column(name: DimensionName | undefined): string {
  return name === undefined ? 'NULL' : `dimension.${name}`;
}

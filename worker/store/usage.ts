// What was spent: sums of rollups. The work grows with buckets and dimensions, not with the number of messages.
import type { DimensionName } from '../ledger/dimension.ts';
import type { Period } from '../ledger/period.ts';
import { splitByHour } from '../ledger/rollup.ts';
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
  const split = periods.map(splitByHour);
  const hours = split.flatMap(({ hours }, index) => (hours === null ? [] : [[index, hours.start, hours.end]]));
  const buckets = split.flatMap(({ buckets }, index) => buckets.map(({ start, end }) => [index, start, end]));
  return sql
    .exec<UsageRow>(
      /* sql */ `WITH spent AS MATERIALIZED (
                   SELECT period,
                          dimension,
                          sum(messages) AS messages,
                          sum(input) AS input,
                          sum(output) AS output,
                          sum(reasoning) AS reasoning,
                          sum(cache_read) AS cache_read,
                          sum(cache_write) AS cache_write,
                          sum(cost) AS cost,
                          sum(uncosted) AS uncosted
                     FROM (SELECT range.value->>0 AS period, rollup_hour.*
                             FROM json_each(?1) AS range
                             JOIN rollup_hour
                               ON rollup_hour.bucket >= range.value->>1
                              AND rollup_hour.bucket < range.value->>2
                            UNION ALL
                           SELECT range.value->>0, rollup.*
                             FROM json_each(?2) AS range
                             JOIN rollup
                               ON rollup.bucket >= range.value->>1
                              AND rollup.bucket < range.value->>2)
                    GROUP BY period, dimension
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
      JSON.stringify(hours),
      JSON.stringify(buckets),
    )
    .toArray();
}

/** Only names of the closed list of dimensions reach the text of the statement. */
function column(name: DimensionName | undefined): string {
  return name === undefined ? 'NULL' : `dimension.${name}`;
}

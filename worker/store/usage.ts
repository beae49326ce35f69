// What was spent: sums of rollups. The work grows with buckets and dimensions, not with the number of messages. Of one session
// it is summed from its own entries, which lie side by side.
import type { DimensionName, GroupName } from '../ledger/dimension.ts';
import type { Period } from '../ledger/period.ts';
import { BUCKET_MS, splitByHour, SUMS } from '../ledger/rollup.ts';
import type { Database } from './database.ts';
import { CLOSED_AFTER_MS } from './rollups.ts';
import { ROOT } from './session-list.ts';

/** Sums are text: SQLite adds 64-bit integers exactly, and a double would hold only 53 bits of them. */
export type UsageRow = {
  period: number;
  a: string | null;
  b: string | null;
  project_name: string | null;
  session_title: string | null;
} & {
  [K in (typeof SUMS)[number] | 'late']: string;
};

export interface UsageQuery {
  readonly periods: readonly Period[];
  /** At most two. */
  readonly groupBy: readonly GroupName[];
  readonly filters: readonly { readonly dimension: DimensionName; readonly value: string }[];
  /** Null for all sessions. */
  readonly session: { readonly id: string; readonly scope: 'own' | 'inclusive' } | null;
  /** By session a row is a root with all below it. */
  readonly isByTree?: boolean;
  /** Of no more than so many rows; by session there may be very many. */
  readonly most?: number;
}

/** One row for each period and combination of dimensions with spend in it; `period` is its index. */
export function readUsage(db: Database, query: UsageQuery): UsageRow[] {
  const { groupBy, filters, session, isByTree = false } = query;
  const values = filters.map(({ value }) => value);
  const bySession = groupBy.includes('session');
  const rollups = bySession ? fromSessions : fromRollups;
  const from = session === null ? rollups(query.periods) : fromEntries(db, query.periods, session);
  const label = (name: GroupName | undefined) =>
    name === 'session' && isByTree ? 'coalesce(top.root, spent.session)' : column(name);
  const conditions = filters.map(({ dimension }, index) => condition(dimension, from.values.length + index + 1));
  return db.sql
    .exec<UsageRow>(
      /* sql */ `WITH RECURSIVE ${from.text},
                 ${isByTree ? TOPS : ''}
                 labelled AS (
                   SELECT spent.*, ${label(groupBy[0])} AS a, ${label(groupBy[1])} AS b,
                          ${groupBy.includes('project') ? 'dimension.project_name' : 'NULL'} AS project_name,
                          ${bySession ? 'session.title' : 'NULL'} AS session_title
                     FROM spent
                     JOIN dimension ON dimension.id = spent.dimension
                     ${isByTree ? 'LEFT JOIN top ON top.below = spent.session' : ''}
                     ${bySession ? `LEFT JOIN session ON session.id = ${label('session')}` : ''}
                    WHERE ${['true', ...conditions].join(' AND ')}
                 )
                 SELECT period, a, b,
                        max(project_name) AS project_name, max(session_title) AS session_title,
                        ${[...SUMS, 'late'].map((name) => `CAST(sum(${name}) AS TEXT) AS ${name}`).join(', ')}
                   FROM labelled
                  GROUP BY period, a, b
                 HAVING sum(messages) > 0 OR sum(copied) > 0 OR sum(late) <> 0
                  ORDER BY period, sum(cost) DESC, a, b
                  LIMIT ${query.most ?? -1}`,
      ...from.values,
      ...values,
    )
    .toArray();
}

/**
 * The root of each session that spent something, in as many steps as there are sessions, however deep they lie: up to the roots
 * without a memory of where one came from, and down again. Sessions that name each other as parents have none.
 */
const TOPS = /* sql */ `
  up AS (
    SELECT session AS at FROM spent
     UNION
    SELECT session.parent
      FROM up
      JOIN session ON session.id = up.at
      JOIN session AS above ON above.id = session.parent
  ),
  top AS (
    SELECT session.id AS root, session.id AS below
      FROM up
      JOIN session ON session.id = up.at
     WHERE ${ROOT}
     UNION
    SELECT top.root, child.id
      FROM top
      JOIN session AS child ON child.parent = top.below
  ),`;

/** A statement's common table `spent` of period, dimension, sums, late cost and perhaps session, with the values it binds. */
interface From {
  readonly text: string;
  readonly values: readonly string[];
}

const LIST = SUMS.join(', ');

/** A period that may close later than it ends, as a day of a billing period does. */
type Closing = Period & { readonly closes?: number };

/** Whole hours from the one table, a range's ends from the other; what came after a period had closed is added beside them. */
export function fromRollups(periods: readonly Closing[]): From {
  const split = periods.map((period) => ({ ...splitByHour(period), closes: period.closes ?? period.end }));
  const hours = split.flatMap(({ hours, closes }, index) =>
    hours === null ? [] : [[index, hours.start, hours.end, closes]],
  );
  const buckets = split.flatMap(({ buckets, closes }, index) =>
    buckets.map(({ start, end }) => [index, start, end, closes]),
  );
  const text = /* sql */ `
    ${rangeTable('whole', 1)},
    ${rangeTable('ends', 2)},
    spent AS (
      ${within('whole', 'rollup_hour', `dimension, ${LIST}, 0 AS late`)}
       UNION ALL
      ${within('ends', 'rollup', `dimension, ${LIST}, 0`)}
       UNION ALL
      ${lateWithin('whole', 'late_hour', 'dimension')}
       UNION ALL
      ${lateWithin('ends', 'late_session', 'dimension')}
    )`;
  return { text, values: [hours, buckets].map((list) => JSON.stringify(list)) };
}

/** The same by session. Sessions are short, so whole hours would save little. Of old late spend the session is unknown. */
function fromSessions(periods: readonly Closing[]): From {
  const text = /* sql */ `
    ${rangeTable('whole', 1)},
    spent AS (
      ${within('whole', 'rollup_session', `session, dimension, ${LIST}, 0 AS late`)}
       UNION ALL
      ${lateWithin('whole', 'late_session', `nullif(session, ''), dimension`)}
    )`;
  return { text, values: [JSON.stringify(ranges(periods))] };
}

/** Ranges as a table of numbers: read from JSON they would be parsed again for each row. */
function rangeTable(name: Ranges, bound: number): string {
  return /* sql */ `${name} AS MATERIALIZED (
      SELECT value->>0 AS period, value->>1 AS start, value->>2 AS stop, (value->>3) + ${CLOSED_AFTER_MS} AS closed
        FROM json_each(?${bound})
    )`;
}

type Ranges = 'whole' | 'ends';

/** The rows of a table that lie within ranges. CROSS JOIN keeps SQLite from reading the table first, which has no end. */
function within(ranges: Ranges, table: 'rollup_hour' | 'rollup' | 'rollup_session', columns: string): string {
  return /* sql */ `
      SELECT period, ${columns}
        FROM ${ranges}
       CROSS JOIN ${table}
          ON bucket >= start
         AND bucket < stop`;
}

/** What came after the period had closed, summed before it is joined with anything. */
function lateWithin(ranges: Ranges, table: 'late_hour' | 'late_session', keys: string): string {
  return /* sql */ `
      SELECT period, ${keys}, ${SUMS.map(() => '0').join(', ')}, sum(cost)
        FROM ${ranges}
       CROSS JOIN ${table}
          ON bucket >= start
         AND bucket < stop
         AND received >= closed
       GROUP BY period, ${keys}`;
}

/** What a copy adds nothing to. */
const PAID = ['input', 'output', 'reasoning', 'cache_read', 'cache_write', 'cost', 'reported', 'list'] as const;

/** The moment's bucket. */
const BUCKET = `at - at % ${BUCKET_MS}`;

/**
 * A session alone or with its sub-agents at every depth. When something came is not known by session. Its buckets are laid to
 * their periods beforehand: a join of each entry with each period would be their product.
 */
function fromEntries(
  { sql }: Database,
  periods: readonly Period[],
  { id, scope }: NonNullable<UsageQuery['session']>,
): From {
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
  const text = /* sql */ `
    ${chosen},
    place AS MATERIALIZED (
      SELECT value->>0 AS bucket, value->>1 AS period FROM json_each(?2)
    ),
    spent AS MATERIALIZED (
      SELECT period, entry.session, dimension,
             sum(state <> 'copied') AS messages,
             ${PAID.map((name) => `coalesce(sum(iif(state = 'copied', 0, ${name})), 0) AS ${name}`).join(', ')},
             sum(iif(state = 'discarded', cost, 0)) AS discarded,
             sum(iif(state = 'copied', reported, 0)) AS copied,
             sum(basis = 'unpriced' AND state <> 'copied') AS unpriced,
             sum(list IS NULL AND state <> 'copied'
                 AND input + output + reasoning + cache_read + cache_write > 0) AS unlisted,
             0 AS late
        FROM chosen
        JOIN entry ON entry.session = chosen.id
        JOIN dimension ON dimension.id = entry.dimension
        JOIN place ON place.bucket = ${BUCKET}
       GROUP BY period, entry.session, dimension
    )`;
  const places = placesOf(
    buckets.toArray().map(({ bucket }) => bucket),
    periods,
  );
  return { text, values: [id, JSON.stringify(places)] };
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

function ranges(periods: readonly Closing[]): number[][] {
  return periods.map(({ start, end, closes }, index) => [index, start, end, closes ?? end]);
}

/** Only names of the closed list of groups reach the text of the statement. */
function column(name: GroupName | undefined): string {
  if (name === undefined) return 'NULL';
  return name === 'session' ? 'spent.session' : `dimension.${name}`;
}

/** A project goes by its id and by its names: by one of before too what is spent under another. */
function condition(name: DimensionName, at: number): string {
  if (name !== 'project') return `${column(name)} = ?${at}`;
  return `(project = ?${at} OR project IN (SELECT project FROM dimension WHERE project_name = ?${at}))`;
}

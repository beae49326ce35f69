// What was spent, by periods and labels.
import type { DimensionName, GroupName } from '../ledger/dimension.ts';
import type { Period } from '../ledger/period.ts';
import type { Database } from './database.ts';
import { ROOT } from './session-list.ts';
import { fromEntries, type Subtree } from './usage-entries.ts';
import { COLUMNS, fromRollups, fromSessions, sumsBy, type From } from './usage-parts.ts';

/** Sums are text: SQLite adds 64-bit integers exactly, and a double would hold only 53 bits of them. */
export type UsageRow = {
  period: number;
  a: string | null;
  b: string | null;
  project_name: string | null;
  session_title: string | null;
} & {
  [K in (typeof COLUMNS)[number]]: string;
};

export interface UsageQuery {
  readonly periods: readonly Period[];
  /** At most two. */
  readonly groupBy: readonly GroupName[];
  readonly filters: readonly { readonly dimension: DimensionName; readonly value: string }[];
  /** Null for all sessions. */
  readonly session: Subtree | null;
  /** By session a row is a root with all below it. */
  readonly isByTree?: boolean;
  /** Of no more than so many rows; by session there may be very many. */
  readonly most?: number;
}

/** One row for each period and combination of dimensions with spend in it; `period` is its index. */
export function readUsage(db: Database, query: UsageQuery): UsageRow[] {
  const { groupBy, filters, session, isByTree = false } = query;
  const bySession = groupBy.includes('session');
  const rollups = bySession ? fromSessions : fromRollups;
  const from = session === null ? rollups(query.periods) : fromEntries(db, query.periods, session);
  const label = (name: GroupName | undefined) =>
    name === 'session' && isByTree ? 'coalesce(top.root, spent.session)' : column(name);
  const spent = sumsBy(from, {
    keys: { period: 'period', a: label(groupBy[0]), b: label(groupBy[1]) },
    names: {
      project_name: groupBy.includes('project') ? 'dimension.project_name' : 'NULL',
      session_title: bySession ? 'session.title' : 'NULL',
    },
    joins: [
      ...(isByTree ? ['LEFT JOIN top ON top.below = spent.session'] : []),
      ...(bySession ? [`LEFT JOIN session ON session.id = ${label('session')}`] : []),
    ],
    conditions: filters.map(({ dimension }, index) => condition(dimension, from.values.length + index + 1)),
  });
  return db.sql
    .exec<UsageRow>(
      /* sql */ `WITH RECURSIVE ${[...from.tables, ...(isByTree ? [spenders(from), TOPS] : [])].join(',')}
                 SELECT period, a, b,
                        max(project_name) AS project_name, max(session_title) AS session_title,
                        ${COLUMNS.map((name) => `CAST(sum(${name}) AS TEXT) AS ${name}`).join(', ')}
                   FROM (${spent})
                  GROUP BY period, a, b
                 HAVING sum(messages) > 0 OR sum(copied) > 0 OR sum(late) <> 0
                  ORDER BY period, sum(cost) DESC, a, b
                  LIMIT ${query.most ?? -1}`,
      ...from.values,
      ...filters.map(({ value }) => value),
    )
    .toArray();
}

/** Every session that spent something: what came late is counted where it was spent too. */
function spenders({ parts }: From): string {
  const counted = parts.filter(({ has }) => has.includes('messages'));
  return /* sql */ `spender AS (${counted.map(({ rows }) => `SELECT session FROM (${rows})`).join(' UNION ALL ')})`;
}

/**
 * The root of each session that spent something, in as many steps as there are sessions, however deep they lie: up to the roots
 * without a memory of where one came from, and down again. Sessions that name each other as parents have none.
 */
const TOPS = /* sql */ `
  up AS (
    SELECT session AS at FROM spender
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
  )`;

/** Only names of the closed list of groups reach the text of the statement. */
function column(name: GroupName | undefined): string {
  if (name === undefined) return 'NULL';
  return name === 'session' ? 'spent.session' : `dimension.${name}`;
}

/** A project goes by its id and by its names: by one of before too what is spent under another. */
function condition(name: DimensionName, at: number): string {
  if (name !== 'project') return `${column(name)} = ?${at}`;
  return `(dimension.project = ?${at} OR dimension.project IN (SELECT project FROM dimension WHERE project_name = ?${at}))`;
}

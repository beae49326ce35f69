// Puts a digest together from the sums and says it, once a period.
import { digestOf, STEP_OF, type DigestKind, type Line } from '../budget/digest.ts';
import type { DimensionName } from '../ledger/dimension.ts';
import { periodOf, type Period } from '../ledger/period.ts';
import { hourOf } from '../ledger/rollup.ts';
import { listBudgets } from './budgets.ts';
import type { Database } from './database.ts';
import { emit } from './emit.ts';
import { say } from './said.ts';
import type { Moment } from './spending.ts';
import { readStandings } from './standings.ts';
import { readUsage, type UsageRow } from './usage.ts';

/** Of the last day or week that was over when it fell due. */
export function sayDigest(db: Database, kind: DigestKind, due: number, { now, zone }: Moment): void {
  const period = before(periodOf(due, zone, STEP_OF[kind]), zone, STEP_OF[kind]);
  db.transaction(() => {
    const type = `digest.${kind}`;
    if (say(db, type, '', period.start)) emit(db, now, [{ type, data: read(db, kind, period, zone) }]);
  });
}

function read(db: Database, kind: DigestKind, period: Period, zone: string): object {
  const rows = (groupBy: readonly DimensionName[], basis: string | null = null) =>
    readUsage(db, {
      periods: [period],
      groupBy,
      filters: basis === null ? [] : [{ dimension: 'basis', value: basis }],
      session: null,
    });
  const members = rows(['member']);
  const earlier = [before(period, zone, STEP_OF[kind])];
  return digestOf({
    period,
    zone,
    members: members.map((row) => lineOf(row, { member: row.a })),
    projects: rows(['project']).map((row) => lineOf(row, { project: row.a, project_name: row.project_name })),
    models: rows(['provider', 'model']).map((row) => lineOf(row, { provider: row.a, model: row.b })),
    discarded: sumOf(members, 'discarded'),
    before: sumOf(readUsage(db, { periods: earlier, groupBy: [], filters: [], session: null }), 'cost'),
    unpriced: rows(['provider', 'model'], 'unpriced').map((row) => lineOf(row, { provider: row.a, model: row.b })),
    corrections: correctionsIn(db, period),
    // Those that ran when the digest's own period ended.
    budgets: readStandings(db, listBudgets(db), { now: period.end - 1, zone }),
  });
}

function before({ start }: Period, zone: string, step: 'day' | 'week'): Period {
  return periodOf(start - 1, zone, step);
}

function lineOf(row: UsageRow, of: Line['of']): Line {
  return { of, cost: BigInt(row.cost), messages: Number(row.messages) };
}

function sumOf(rows: readonly UsageRow[], name: 'cost' | 'discarded'): bigint {
  return rows.reduce((sum, row) => sum + BigInt(row[name]), 0n);
}

/** What came in a period for buckets before it. */
function correctionsIn({ sql }: Database, { start, end }: Period): bigint {
  const { cost } = sql
    .exec<{ cost: string }>(
      /* sql */ `SELECT CAST(coalesce(sum(cost), 0) AS TEXT) AS cost
                   FROM (SELECT received, cost FROM late_hour WHERE bucket < ?3
                          UNION ALL
                         SELECT received, cost FROM late_session WHERE bucket >= ?3 AND bucket < ?1)
                  WHERE received >= ?1
                    AND received < ?2`,
      start,
      end,
      hourOf(start),
    )
    .one();
  return BigInt(cost);
}

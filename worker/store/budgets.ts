// The budgets of a team, and what has been said of each.
import type { Budget, Scope, Standing } from '../budget/budget.ts';
import type { Mark } from '../budget/crossing.ts';
import type { Database } from './database.ts';

export type BudgetDraft = Omit<Budget, 'created' | 'since'>;
/** What a budget is of and for how long is what it is: for another, make another. */
export type BudgetChange = Partial<Pick<Budget, 'name' | 'limit' | 'thresholds' | 'action'>>;

type Row = Record<'id' | 'name' | 'period' | 'nano' | 'thresholds' | 'action', string> &
  Record<'created' | 'since', number> &
  Record<'scope' | 'value', string | null>;

/** A number holds no more than nine million dollars. */
const ALL = /* sql */ `SELECT *, CAST("limit" AS TEXT) AS nano FROM budget`;

export function listBudgets({ sql }: Database): Budget[] {
  return sql.exec<Row>(/* sql */ `${ALL} ORDER BY created, id`).toArray().map(parseBudget);
}

export function readBudget({ sql }: Database, id: string): Budget | null {
  const [row] = sql.exec<Row>(/* sql */ `${ALL} WHERE id = ?`, id);
  return row === undefined ? null : parseBudget(row);
}

export function writeBudget({ sql }: Database, budget: Budget): void {
  sql.exec(
    /* sql */ `INSERT OR REPLACE INTO budget
               (id, name, scope, value, period, "limit", thresholds, action, created, since)
               VALUES (?, ?, ?, ?, ?, CAST(? AS INTEGER), ?, ?, ?, ?)`,
    budget.id,
    budget.name,
    budget.scope?.by ?? null,
    budget.scope?.value ?? null,
    budget.period,
    budget.limit.toString(),
    JSON.stringify(budget.thresholds),
    budget.action,
    budget.created,
    budget.since,
  );
}

export function deleteBudget({ sql }: Database, id: string): void {
  sql.exec(/* sql */ `DELETE FROM budget_fire WHERE budget = ?`, id);
  sql.exec(/* sql */ `DELETE FROM budget WHERE id = ?`, id);
}

/** What has been said of a budget in the period of a standing. */
export function readSaid({ sql }: Database, { budget, period }: Standing): Set<Mark> {
  const rows = sql.exec<{ threshold: number }>(
    /* sql */ `SELECT threshold FROM budget_fire WHERE budget = ? AND period_start = ?`,
    budget.id,
    period.start,
  );
  return new Set(rows.toArray().map(({ threshold }) => threshold));
}

export function writeSaid({ sql }: Database, { budget, period }: Standing, mark: Mark): void {
  sql.exec(/* sql */ `INSERT INTO budget_fire VALUES (?, ?, ?)`, budget.id, period.start, mark);
}

export function forgetSaid({ sql }: Database, { budget, period }: Standing, mark: Mark): void {
  sql.exec(
    /* sql */ `DELETE FROM budget_fire WHERE budget = ? AND period_start = ? AND threshold = ?`,
    budget.id,
    period.start,
    mark,
  );
}

/** In another zone the running period begins at another moment and is the same one: what was said of it is not said again. */
export function moveSaid({ sql }: Database, { id }: Budget, from: number, to: number): void {
  sql.exec(
    /* sql */ `UPDATE OR IGNORE budget_fire SET period_start = ? WHERE budget = ? AND period_start = ?`,
    to,
    id,
    from,
  );
}

function parseBudget(row: Row): Budget {
  const { id, name, scope, value, created, since } = row;
  return {
    id,
    name,
    scope: scope === null || value === null ? null : { by: scope as Scope['by'], value },
    period: row.period as Budget['period'],
    limit: BigInt(row.nano),
    thresholds: JSON.parse(row.thresholds) as number[],
    action: row.action as Budget['action'],
    created,
    since,
  };
}

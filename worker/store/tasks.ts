// What the watch has to do and when: a row for each thing that is to be done, none where nothing is.
import type { Database } from './database.ts';

export const TASKS = ['budgets', 'anomalies', 'daily', 'weekly', 'stalled'] as const;
export type TaskName = (typeof TASKS)[number];

export interface Task {
  readonly name: TaskName;
  readonly due: number;
  /** Why it failed when it was last tried. */
  readonly reason: string | null;
}

export function listTasks({ sql }: Database): Task[] {
  const rows = sql.exec<{ name: string; due: number; reason: string | null }>(
    /* sql */ `SELECT * FROM task ORDER BY due`,
  );
  return rows.toArray().map(({ name, due, reason }) => ({ name: name as TaskName, due, reason }));
}

export function writeTask({ sql }: Database, { name, due, reason }: Task): void {
  sql.exec(/* sql */ `INSERT OR REPLACE INTO task VALUES (?, ?, ?)`, name, due, reason);
}

export function deleteTask({ sql }: Database, name: TaskName): void {
  sql.exec(/* sql */ `DELETE FROM task WHERE name = ?`, name);
}

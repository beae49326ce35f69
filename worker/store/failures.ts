// What stopped a chore, for whoever asks why something that should have happened did not.
import type { Database } from './database.ts';

export type FailureRow = { at: number; reason: string };

export function noteFailure({ sql }: Database, chore: string, { at, reason }: FailureRow): void {
  sql.exec(/* sql */ `INSERT OR REPLACE INTO failure (chore, at, reason) VALUES (?, ?, ?)`, chore, at, reason);
}

export function clearFailure({ sql }: Database, chore: string): void {
  sql.exec(/* sql */ `DELETE FROM failure WHERE chore = ?`, chore);
}

export function readFailure({ sql }: Database, chore: string): FailureRow | null {
  const [row] = sql.exec<FailureRow>(/* sql */ `SELECT at, reason FROM failure WHERE chore = ?`, chore);
  return row ?? null;
}

export function listFailures({ sql }: Database): (FailureRow & { chore: string })[] {
  return sql
    .exec<FailureRow & { chore: string }>(/* sql */ `SELECT chore, at, reason FROM failure ORDER BY chore`)
    .toArray();
}

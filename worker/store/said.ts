// What is to be said once and never again, while it may still be asked.
import type { Database } from './database.ts';

/** Whether it is said now for the first time. To be called in the transaction that says it. */
export function say({ sql }: Database, what: string, subject: string, at: number): boolean {
  const { rowsWritten } = sql.exec(
    /* sql */ `INSERT INTO said VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
    what,
    subject,
    at,
  );
  return rowsWritten > 0;
}

/** Forgets what was said of periods and days that began before a moment. */
export function dropSaid({ sql }: Database, before: number): void {
  sql.exec(/* sql */ `DELETE FROM said WHERE at < ?`, before);
  sql.exec(/* sql */ `DELETE FROM budget_fire WHERE period_start < ?`, before);
}

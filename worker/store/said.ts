// What is to be said once and never again.
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

// Escalations heard lately. A town tells one by each of its routes, a second or two apart, and each may come in by a URL of its own.
import type { Escalation } from '../event/escalation.ts';
import type { Database } from './database.ts';

/** Longer than `gt escalate` can take, and shorter than anybody waits before they escalate the same anew. */
const LATELY_MS = 10 * 60_000;

/** False where the same was heard lately. What names no bead might be another of the same words. */
export function isNews(
  { sql }: Database,
  town: string | null,
  { bead, severity, text }: Escalation,
  now: number,
): boolean {
  if (bead === null) return true;
  const { rowsWritten } = sql.exec(
    /* sql */ `INSERT INTO escalation (town, bead, severity, text, at) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (town, bead, severity, text) DO UPDATE SET at = ?5 WHERE at <= ?6`,
    town ?? '',
    bead,
    severity,
    text,
    now,
    now - LATELY_MS,
  );
  return rowsWritten > 0;
}

export function dropEscalations({ sql }: Database, now: number): void {
  sql.exec(/* sql */ `DELETE FROM escalation WHERE at <= ?`, now - LATELY_MS);
}

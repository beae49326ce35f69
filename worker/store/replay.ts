// Events that an endpoint is to get once more without its cursor: a row each until it is tried. What fails then waits in retry.
import type { Database } from './database.ts';

/** The next ones, in the order of the log. */
export function nextReplays({ sql }: Database, id: string, limit: number): number[] {
  return sql
    .exec<{ seq: number }>(/* sql */ `SELECT seq FROM replay WHERE endpoint = ? ORDER BY seq LIMIT ?`, id, limit)
    .toArray()
    .map(({ seq }) => seq);
}

/** They are behind the cursor and do not wait for a retry, so that no event is twice in a window. */
export function putReplays({ sql }: Database, id: string, seqs: readonly number[]): void {
  sql.exec(
    /* sql */ `INSERT OR IGNORE INTO replay (endpoint, seq) SELECT ?, value FROM json_each(?)`,
    id,
    JSON.stringify(seqs),
  );
}

export function dropReplay({ sql }: Database, id: string, seq: number): void {
  sql.exec(/* sql */ `DELETE FROM replay WHERE endpoint = ? AND seq = ?`, id, seq);
}

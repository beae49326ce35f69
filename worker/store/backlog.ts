// What an endpoint has still to get: positions of the log it has not passed, events that wait for a retry or to be sent again.
import type { Database } from './database.ts';
import { head } from './log.ts';

export interface Backlog {
  readonly behind: number;
  readonly waiting: number;
  readonly replaying: number;
}

export function backlogOf(db: Database, { id, cursor }: { readonly id: string; readonly cursor: number }): Backlog {
  return { behind: Math.max(0, head(db) - cursor), waiting: waitingOf(db, id), replaying: replayingOf(db, id) };
}

/** How many events wait for a retry. */
export function waitingOf({ sql }: Database, id: string): number {
  return sql.exec<{ n: number }>(/* sql */ `SELECT count(*) AS n FROM retry WHERE endpoint = ?`, id).one().n;
}

/** How many are to be sent again. */
export function replayingOf({ sql }: Database, id: string): number {
  return sql.exec<{ n: number }>(/* sql */ `SELECT count(*) AS n FROM replay WHERE endpoint = ?`, id).one().n;
}

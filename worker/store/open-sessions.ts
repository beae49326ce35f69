// Sessions with work open: that work, wait for an answer or for the provider, but no sub-agents. Written when a turn begins and when
// it ends, so that to look for those that have fallen silent is not to look through all there ever were.
import { RELAY } from '../event/own.ts';
import { readStamp } from '../event/stamp.ts';
import type { SessionStatus } from '../event/session.ts';
import type { Source } from '../../plugin/contract.ts';
import type { Database } from './database.ts';

/** A session's status was said anew. */
export interface Turn {
  readonly id: string;
  readonly from: SessionStatus | null | undefined;
  readonly to: SessionStatus;
}

const OPEN: ReadonlySet<SessionStatus | null | undefined> = new Set(['busy', 'retry', 'waiting'] as const);

export function isOpen(status: SessionStatus | null | undefined): boolean {
  return OPEN.has(status);
}

/** Whether any is open now. What the team was told to have stalled stays until it is told that it goes on. */
export function noteTurns({ sql }: Database, turns: readonly Turn[]): boolean {
  const opened = turns.filter(({ to }) => isOpen(to));
  const closed = turns.filter(({ from, to }) => isOpen(from) && !isOpen(to));
  const idsOf = (some: readonly Turn[]) => JSON.stringify(some.map(({ id }) => id));
  if (opened.length > 0) {
    sql.exec(
      /* sql */ `INSERT INTO open_session (id) SELECT value FROM json_each(?) WHERE true ON CONFLICT DO NOTHING`,
      idsOf(opened),
    );
  }
  if (closed.length > 0) {
    sql.exec(
      /* sql */ `DELETE FROM open_session WHERE id IN (SELECT value FROM json_each(?)) AND told IS NULL`,
      idsOf(closed),
    );
  }
  return opened.length > 0;
}

/** An open session with all sub-agents below it: as long as one of them is heard of, none is silent. */
export interface OpenSession {
  readonly id: string;
  readonly status: SessionStatus;
  /** When the team was told that it had stalled. */
  readonly told: number | null;
  /** Whether it is a sub-agent after all: what it is may be heard of late. */
  readonly isBelow: boolean;
  /** Whether it, or one below it, waits for a person. */
  readonly waits: boolean;
  /** When it was last heard of, by the relay's clock: the source's clock may be wrong. */
  readonly heard: number;
  readonly source: Source;
}

type Row = { id: string; status: SessionStatus; told: number | null; below: number; waits: number; stamp: string };
type SourceRow = { id: string; skew_ms: number; last_seen: number; attributes: string };

/** All of them, or those of some ids. */
export function listOpen(db: Database, ids: readonly string[] | null = null): OpenSession[] {
  const rows = db.sql.exec<Row>(
    /* sql */ `WITH RECURSIVE tree AS (
                 SELECT id AS root, id
                   FROM open_session
                  WHERE ?1 IS NULL OR id IN (SELECT value FROM json_each(?1))
                  UNION
                 SELECT root, child.id
                   FROM tree
                   JOIN session AS child ON child.parent = tree.id
               )
               SELECT open_session.id, told, session.status, whole.stamp, whole.waits,
                      session.parent IS NOT NULL AS below
                 FROM (SELECT root, max(labels_stamp) AS stamp, max(status = 'waiting') AS waits
                         FROM tree
                         JOIN session ON session.id = tree.id
                        GROUP BY root) AS whole
                 JOIN open_session ON open_session.id = whole.root
                 JOIN session ON session.id = whole.root`,
    ids === null ? null : JSON.stringify(ids),
  );
  return withSources(db, rows.toArray());
}

function withSources({ sql }: Database, rows: readonly Row[]): OpenSession[] {
  const names = new Set(rows.flatMap(({ stamp }) => readStamp(stamp).source ?? []));
  const sources = sql.exec<SourceRow>(
    /* sql */ `SELECT source.id, skew_ms, last_seen, attributes
                 FROM json_each(?) AS wanted
                 JOIN source ON source.id = wanted.value
                 JOIN origin ON origin.id = source.origin`,
    JSON.stringify([...names]),
  );
  const known = new Map(sources.toArray().map((row) => [row.id, row]));
  return rows.map(({ id, status, told, below, waits, stamp }) => {
    const { at, source: name } = readStamp(stamp);
    const row = name === null ? undefined : known.get(name);
    // A source that is forgotten has been gone for months; what a backfill said came when it says.
    const unknown = name === null ? at : 0;
    const heard = row === undefined ? unknown : Math.min(at + row.skew_ms, row.last_seen);
    const source = row === undefined ? RELAY : (JSON.parse(row.attributes) as Source);
    return { id, status, told, isBelow: below === 1, waits: waits === 1, heard, source };
  });
}

export function toldSessions({ sql }: Database): string[] {
  const rows = sql.exec<{ id: string }>(/* sql */ `SELECT id FROM open_session WHERE told IS NOT NULL`);
  return rows.toArray().map(({ id }) => id);
}

export function markTold({ sql }: Database, id: string, told: number | null): void {
  sql.exec(/* sql */ `UPDATE open_session SET told = ? WHERE id = ?`, told, id);
}

export function forgetOpen({ sql }: Database, id: string): void {
  sql.exec(/* sql */ `DELETE FROM open_session WHERE id = ?`, id);
}

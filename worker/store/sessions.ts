// The sessions table: the fold of what was said about each session, and the sums of its own entries.
import { mergeSessions, type Session, type SessionStatus } from '../event/session.ts';
import type { Stamp } from '../event/stamp.ts';
import { SUMS, type Sums } from '../ledger/rollup.ts';
import type { Database } from './database.ts';
import { noteTurns, type Turn } from './open-sessions.ts';
import { ADD_SUMS, writeRows } from './rows.ts';

export type SessionRow = {
  id: string;
  first_at: number;
  labels_stamp: string;
  member: string;
  project: string | null;
  project_name: string | null;
  info_stamp: string | null;
  parent: string | null;
  title: string | null;
  created_at: number | null;
  status_stamp: string | null;
  status: SessionStatus | null;
};

export interface SessionChange {
  readonly session: Session;
  readonly sums: Sums;
}

/**
 * Merges what a batch says of its sessions into what is held, by one read and one write. Answers whether any began to work or to
 * wait.
 */
export function mergeIntoSessions(db: Database, changes: readonly SessionChange[]): boolean {
  if (changes.length === 0) return false;
  const { sql } = db;
  const held = new Map(
    sql
      .exec<SessionRow>(
        /* sql */ `SELECT session.id, first_at, labels_stamp, member, project, project_name, info_stamp, session.parent, title,
                            created_at, status_stamp, status
                     FROM json_each(?) AS wanted
                     JOIN session ON session.id = wanted.value`,
        JSON.stringify(changes.map(({ session }) => session.id)),
      )
      .toArray()
      .map((row) => [row.id, row]),
  );
  const turns: Turn[] = [];
  const rows = changes.map(({ session, sums }) => {
    const row = held.get(session.id);
    const merged = row === undefined ? session : mergeSessions(parseSession(row), session);
    const { id, status, info } = merged;
    const isNew = status !== null && status.stamp !== row?.status_stamp;
    if (isNew && (info?.value.parent ?? null) === null) turns.push({ id, from: row?.status, to: status.value });
    return [...columns(merged), ...SUMS.map((name) => sums[name])];
  });
  writeRows(
    sql,
    /* sql */ `INSERT INTO session`,
    rows,
    /* sql */ `ON CONFLICT (id) DO UPDATE
                  SET first_at = excluded.first_at,
                      labels_stamp = excluded.labels_stamp,
                      member = excluded.member,
                      project = excluded.project,
                      project_name = excluded.project_name,
                      info_stamp = excluded.info_stamp,
                      parent = excluded.parent,
                      title = excluded.title,
                      created_at = excluded.created_at,
                      status_stamp = excluded.status_stamp,
                      status = excluded.status,
                      ${ADD_SUMS}`,
  );
  return noteTurns(db, turns);
}

function columns({ id, firstAt, labels, info, status }: Session): (string | number | null)[] {
  const { member, project, projectName } = labels.value;
  const { parent, title, createdAt } = info?.value ?? { parent: null, title: null, createdAt: null };
  return [
    id,
    firstAt,
    labels.stamp,
    member,
    project,
    projectName,
    info?.stamp ?? null,
    parent,
    title,
    createdAt,
    status?.stamp ?? null,
    status?.value ?? null,
  ];
}

function parseSession(row: SessionRow): Session {
  return {
    id: row.id,
    firstAt: row.first_at,
    labels: {
      stamp: row.labels_stamp as Stamp,
      value: { member: row.member, project: row.project, projectName: row.project_name },
    },
    info:
      row.info_stamp === null || row.created_at === null
        ? null
        : {
            stamp: row.info_stamp as Stamp,
            value: { parent: row.parent, title: row.title, createdAt: row.created_at },
          },
    status:
      row.status_stamp === null || row.status === null ? null : { stamp: row.status_stamp as Stamp, value: row.status },
  };
}

/** Changes the sums of sessions alone. A number is bound as a double: added as such it would round what is past 2^53. */
export function addToSessions({ sql }: Database, changes: readonly { session: string; sums: Sums }[]): void {
  for (const { session, sums } of changes) {
    sql.exec(
      /* sql */ `UPDATE session SET ${SUMS.map((name) => `${name} = ${name} + CAST(? AS INTEGER)`).join(', ')} WHERE id = ?`,
      ...SUMS.map((name) => sums[name]),
      session,
    );
  }
}

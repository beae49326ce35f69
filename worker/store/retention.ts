// How long a team keeps its log and its attempts, and what else goes with age. Each function does a slice and says where to go on.
import type { Database } from './database.ts';
import { RELAY_ID } from '../event/own.ts';

export interface Retention {
  /** Null for ever. */
  readonly logDays: number | null;
  readonly attemptDays: number;
  readonly mailDays: number;
}

export function readRetention({ sql }: Database): Retention {
  const row = sql
    .exec<{ log_days: number | null; attempt_days: number; mail_days: number }>(
      /* sql */ `SELECT log_days, attempt_days, mail_days FROM retention`,
    )
    .one();
  return { logDays: row.log_days, attemptDays: row.attempt_days, mailDays: row.mail_days };
}

/** `now` makes it due at once. */
export function writeRetention({ sql }: Database, { logDays, attemptDays, mailDays }: Retention, now: number): void {
  sql.exec(
    /* sql */ `UPDATE retention SET log_days = ?, attempt_days = ?, mail_days = ?, due = ?`,
    logDays,
    attemptDays,
    mailDays,
    now,
  );
}

export function due({ sql }: Database): number {
  return sql.exec<{ due: number }>(/* sql */ `SELECT due FROM retention`).one().due;
}

/** Something has become old before its time. */
export function hasten({ sql }: Database, now: number): void {
  sql.exec(/* sql */ `UPDATE retention SET due = ?`, now);
}

/** Unless it became due anew since, because the settings were changed. */
export function putOff({ sql }: Database, from: number, to: number): void {
  sql.exec(/* sql */ `UPDATE retention SET due = ? WHERE due = ?`, to, from);
}

type AttemptKey = { endpoint: string; seq: number; number: number };

const SLICE = 2_000;
/** Each with what went over the wire, up to some tens of kilobytes. */
const ATTEMPTS_A_SLICE = 500;

/** Looks at attempts after one and deletes those made before a time, or for an endpoint that is gone; null when all were looked at. */
export function dropAttempts({ sql }: Database, before: number, after: AttemptKey | null): AttemptKey | null {
  const from = after ?? { endpoint: '', seq: 0, number: 0 };
  const [end] = sql.exec<AttemptKey>(
    /* sql */ `SELECT endpoint, seq, number
                 FROM attempt
                WHERE (endpoint, seq, number) > (?, ?, ?)
                ORDER BY endpoint, seq, number
                LIMIT 1 OFFSET ?`,
    from.endpoint,
    from.seq,
    from.number,
    ATTEMPTS_A_SLICE - 1,
  );
  sql.exec(
    /* sql */ `DELETE FROM attempt
                WHERE (endpoint, seq, number) > (?1, ?2, ?3)
                  AND (?4 IS NULL OR (endpoint, seq, number) <= (?4, ?5, ?6))
                  AND (at < ?7 OR endpoint NOT IN (SELECT id FROM endpoint))`,
    from.endpoint,
    from.seq,
    from.number,
    end?.endpoint ?? null,
    end?.seq ?? null,
    end?.number ?? null,
    before,
  );
  return end ?? null;
}

/**
 * Looks at sources after one and forgets those that were last seen before a time and have no gap, with the attributes they had:
 * null when all were looked at. What no row of the log is older than is safe to forget: nothing refers to those attributes.
 */
export function dropSources(db: Database, before: number, after: string): string | null {
  const { sql } = db;
  const rows = sql
    .exec<{ id: string; old: number }>(
      /* sql */ `SELECT id,
                        id <> ?1 AND last_seen < ?2 AND NOT EXISTS (SELECT 1 FROM gap WHERE gap.source = source.id) AS old
                   FROM source
                  WHERE id > ?3
                  ORDER BY id
                  LIMIT ?4`,
      RELAY_ID,
      before,
      after,
      SLICE,
    )
    .toArray();
  const old = rows.filter((row) => row.old === 1);
  if (old.length > 0) db.transaction(() => old.forEach(({ id }) => forget(db, id)));
  return rows.length < SLICE ? null : (rows.at(-1)?.id ?? null);
}

/** Attributes are JSON that begins with the source's id, so that its own lie together in their index. */
function forget({ sql, forget: forgetNumbers }: Database, id: string): void {
  const start = `{"id":${JSON.stringify(id)}`;
  sql.exec(/* sql */ `DELETE FROM source WHERE id = ?`, id);
  sql.exec(/* sql */ `DELETE FROM origin WHERE attributes >= ? AND attributes < ?`, `${start},`, `${start}-`);
  forgetNumbers();
}

/** When the oldest row of the log was received. */
export function oldestReceived({ sql }: Database): number {
  const [row] = sql.exec<{ received: number }>(/* sql */ `SELECT received FROM log ORDER BY last LIMIT 1`);
  return row?.received ?? Number.POSITIVE_INFINITY;
}

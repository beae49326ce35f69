// Endpoints that still need rows which are old enough to leave the log. They keep the rows back, and the team is told each day;
// when the grace is over the rows go anyway, and what that costs the endpoint is an event too.
import type { Database } from './database.ts';
import { emit, type OwnEvent } from './emit.ts';
import { oldestRows, writePlan } from './parts.ts';

const DAY_MS = 24 * 3_600_000;
/** So long may an endpoint keep rows in the log that would leave it. */
export const GRACE_MS = 7 * DAY_MS;

export type HoldRow = { endpoint: string; since: number; told: number };

export function listHolds({ sql }: Database): HoldRow[] {
  return sql.exec<HoldRow>(/* sql */ `SELECT endpoint, since, told FROM hold ORDER BY endpoint`).toArray();
}

/** Plans the next part of what was received before a time, as far as endpoints let it go. False where nothing is to go now. */
export function planPart(db: Database, before: number, now: number): boolean {
  return db.transaction(() => {
    const wanted = oldestRows(db, before, Number.MAX_SAFE_INTEGER);
    const limit = holdBack(db, wanted === null ? [] : endpointsBehind(db, wanted.last), { before, now });
    const part = wanted === null ? null : oldestRows(db, before, limit);
    if (part !== null) writePlan(db, part);
    return part !== null;
  });
}

/** `need` is the position after which an endpoint still needs the log: for its cursor, a retry, a replay or what it holds back. */
type Behind = { id: string; cursor: number; need: number };

function endpointsBehind({ sql }: Database, position: number): Behind[] {
  return sql
    .exec<Behind>(
      /* sql */ `SELECT id, cursor, need
                   FROM (SELECT id, cursor,
                                min(cursor,
                                    coalesce((SELECT min(seq) - 1 FROM retry WHERE retry.endpoint = endpoint.id), cursor),
                                    coalesce((SELECT min(seq) - 1 FROM replay WHERE replay.endpoint = endpoint.id), cursor),
                                    coalesce((SELECT min(seq) - 1 FROM grouping WHERE grouping.endpoint = endpoint.id), cursor)
                                ) AS need
                           FROM endpoint)
                  WHERE need < ?
                  ORDER BY id`,
      position,
    )
    .toArray();
}

/** Tells the team of each endpoint that holds rows back, lets go of those past the grace, and says up to where rows may leave. */
function holdBack(db: Database, behind: readonly Behind[], { before, now }: { before: number; now: number }): number {
  const held = new Map(listHolds(db).map((hold) => [hold.endpoint, hold]));
  release(
    db,
    [...held.keys()].filter((id) => behind.every((endpoint) => endpoint.id !== id)),
  );
  const events: OwnEvent[] = [];
  let limit = Number.MAX_SAFE_INTEGER;
  for (const endpoint of behind) {
    const { id, cursor, need } = endpoint;
    const { since = now, told = null } = held.get(id) ?? {};
    if (now >= since + GRACE_MS) {
      events.push(overtake(db, endpoint, lastReceivedBefore(db, before)));
      continue;
    }
    limit = Math.min(limit, need);
    if (told !== null && now < told + DAY_MS) continue;
    db.sql.exec(/* sql */ `INSERT OR REPLACE INTO hold (endpoint, since, told) VALUES (?, ?, ?)`, id, since, now);
    const until = new Date(since + GRACE_MS).toISOString();
    events.push({ type: 'archive.waiting', data: { endpoint: id, cursor, needs_after: need, until } });
  }
  emit(db, now, events);
  return limit;
}

function release({ sql }: Database, endpoints: readonly string[]): void {
  sql.exec(/* sql */ `DELETE FROM hold WHERE endpoint IN (SELECT value FROM json_each(?))`, JSON.stringify(endpoints));
}

/** Moves an endpoint past what leaves the log. What it has not had can be read from the archive, not delivered any more. */
function overtake(db: Database, { id, cursor }: Behind, to: number): OwnEvent {
  const { retries } = db.sql
    .exec<{ retries: number }>(
      /* sql */ `SELECT (SELECT count(*) FROM retry WHERE endpoint = ?1 AND seq <= ?2)
                      + (SELECT count(*) FROM grouping WHERE endpoint = ?1 AND seq <= ?2) AS retries`,
      id,
      Math.min(to, cursor),
    )
    .one();
  db.sql.exec(/* sql */ `UPDATE endpoint SET cursor = max(cursor, ?) WHERE id = ?`, to, id);
  db.sql.exec(/* sql */ `DELETE FROM retry WHERE endpoint = ? AND seq <= ?`, id, to);
  db.sql.exec(/* sql */ `DELETE FROM replay WHERE endpoint = ? AND seq <= ?`, id, to);
  db.sql.exec(/* sql */ `DELETE FROM grouping WHERE endpoint = ? AND seq <= ?`, id, to);
  release(db, [id]);
  return {
    type: 'endpoint.overtaken',
    data: { endpoint: id, cursor, to: Math.max(cursor, to), positions: Math.max(0, to - cursor), retries },
  };
}

/** Up to where the log is old enough to leave it. */
function lastReceivedBefore({ sql }: Database, before: number): number {
  return (
    sql
      .exec<{ last: number | null }>(
        /* sql */ `SELECT min(first) - 1 AS last
                     FROM (SELECT * FROM (SELECT first FROM log WHERE received >= ? ORDER BY last LIMIT 1)
                            UNION ALL
                           SELECT * FROM (SELECT first FROM log ORDER BY last DESC LIMIT 1))`,
        before,
      )
      .one().last ?? 0
  );
}

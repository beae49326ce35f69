// What the watchdog reads and says: of endpoints that fail while events wait for them, and of those that something is due to and
// that do not move on.
import { judge, judgedAt, looked, WELL, type Health } from '../delivery/health.ts';
import { waitingOf } from './backlog.ts';
import type { Database } from './database.ts';
import { dueTimes, isStanding } from './delivery.ts';
import { listEndpoints, readEndpoint, type Endpoint } from './endpoints.ts';
import { enter, listHealth, readHealth, termOf } from './health.ts';

/** When a failing endpoint is to be judged next; infinity where none is. */
export function nextJudgement(db: Database, now: number): number {
  const times = failing(db, now).map(({ endpoint, held }) => judgedAt(held, termOf(endpoint)));
  return Math.min(Number.POSITIVE_INFINITY, ...times);
}

/** Tells of the endpoints that have failed for long, and disables those that have for too long. */
export function judgeFailing(db: Database, now: number): void {
  for (const { endpoint, held } of failing(db, now)) {
    db.transaction(() => enter(db, endpoint, held, judge(held, { now, disableAfterMs: termOf(endpoint) }), { now }));
  }
}

/**
 * Those that events wait for, but none that is due: where one is, its try decides, so that a relay which was away for days tries
 * before it gives up. What has nothing to get is tried with what comes next; what the relay itself holds up is not to blame.
 */
function failing(db: Database, now: number): { readonly endpoint: Endpoint; readonly held: Health }[] {
  const unwell = [...listHealth(db)].filter(([, held]) => held.failingSince !== null && held.stalledSince === null);
  if (unwell.length === 0) return [];
  const due = new Map(dueTimes(db).map((one) => [one.id, one.due]));
  return unwell.flatMap(([id, held]) => {
    const endpoint = (due.get(id) ?? 0) > now ? readEndpoint(db, id) : null;
    return endpoint === null ? [] : { endpoint, held };
  });
}

/** Sees which endpoints have something due and whether they have moved on since the last look. */
export function lookAround(db: Database, underWay: ReadonlyMap<string, number>, now: number): void {
  const due = new Map(dueTimes(db).map((one) => [one.id, one.due]));
  const unwell = listHealth(db);
  for (const endpoint of listEndpoints(db)) {
    const { id } = endpoint;
    const dueAt = due.get(id);
    const isDue = dueAt !== undefined && dueAt <= now;
    if (endpoint.state === 'disabled' || (!isDue && (unwell.get(id) ?? WELL).stalledSince === null)) continue;
    const look = {
      now,
      hasWork: dueAt !== undefined,
      isDue,
      mark: markOf(db, endpoint),
      isUnderWay: now < (underWay.get(id) ?? 0),
    };
    db.transaction(() => {
      const held = readHealth(db, id);
      enter(db, endpoint, held, looked(held, look), { now });
    });
  }
}

/** Changes with every attempt that is recorded and every step of the cursor. */
function markOf({ sql }: Database, { id, cursor }: Endpoint): string {
  const { waiting, tries, replays } = sql
    .exec<{ waiting: number; tries: number | null; replays: number }>(
      /* sql */ `SELECT count(*) AS waiting,
                        sum(tries) AS tries,
                        (SELECT count(*) FROM replay WHERE endpoint = ?1) AS replays
                   FROM retry
                  WHERE endpoint = ?1`,
      id,
    )
    .one();
  return `${cursor}/${waiting}/${tries ?? 0}/${replays}`;
}

/** The enabled endpoint that has been due for longest, and since when. Null where nothing is due. */
export function oldestDue(db: Database, now: number): { readonly endpoint: string; readonly since: number } | null {
  const all = dueTimes(db).flatMap(({ id, due }) => {
    const endpoint = readEndpoint(db, id);
    // What the relay has put off for a fault of its own has been due all the while.
    const isBroken = readHealth(db, id).stalledSince !== null;
    if (endpoint === null || (due > now && !isBroken)) return [];
    const since = dueSince(db, endpoint, now);
    return { endpoint: id, since: isBroken ? since : Math.max(since, endpoint.notBefore) };
  });
  return all.toSorted((a, b) => a.since - b.since)[0] ?? null;
}

function dueSince(db: Database, endpoint: Endpoint, now: number): number {
  const { id, cursor } = endpoint;
  const { retry, received } = db.sql
    .exec<{ retry: number | null; received: number | null }>(
      /* sql */ `SELECT (SELECT min(due) FROM retry WHERE endpoint = ? AND due <= ?) AS retry,
                        (SELECT received FROM log WHERE last > ? ORDER BY last LIMIT 1) AS received`,
      id,
      now,
      cursor,
    )
    .one();
  const next = isStanding(endpoint, waitingOf(db, id)) ? null : received;
  return Math.min(retry ?? now, next ?? now);
}

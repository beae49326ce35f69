// Events whose tries at an endpoint are used up: while it takes others nothing else would say so. The team is told at most once an
// hour of an endpoint; not while it knows that nothing reaches it, but then with its recovery.
import { EXHAUSTED } from '../delivery/health.ts';
import type { PublicEvent } from '../event/event.ts';
import type { NewAttempt } from './attempts.ts';
import { backlogOf } from './backlog.ts';
import type { Database } from './database.ts';
import { emit } from './emit.ts';
import { readEndpoint } from './endpoints.ts';

const HOUR_MS = 3_600_000;
/** So long the health says that events were given up. */
const SHOWN_MS = 24 * HOUR_MS;

export interface Exhausted {
  /** Since the endpoint was made. */
  readonly exhausted: number;
  readonly exhaustedAt: number | null;
}

/** Events about exhaustion do not count: two endpoints that fail to take them would tell of each other for ever. */
export function countExhausted(
  { sql }: Database,
  id: string,
  { rows, events }: { readonly rows: readonly NewAttempt[]; readonly events: readonly PublicEvent[] },
  now: number,
): void {
  const given = rows.filter(({ recorded }) => recorded === 'exhausted').map(({ attempt }) => attempt.seq);
  if (given.length === 0) return;
  const count = events.filter(({ seq, type }) => given.includes(seq) && type !== EXHAUSTED).length;
  if (count === 0) return;
  sql.exec(/* sql */ `UPDATE endpoint SET exhausted = exhausted + ?, exhausted_at = ? WHERE id = ?`, count, now, id);
}

type Untold = { id: string; count: number; told_at: number | null };

const UNTOLD = /* sql */ `FROM endpoint
                         WHERE exhausted > exhausted_told
                           AND state = 'enabled'
                           AND NOT EXISTS (SELECT 1 FROM health WHERE health.endpoint = endpoint.id AND told <> '[]')`;

/** When to tell next; infinity where there is nothing to tell. */
export function nextTelling({ sql }: Database): number {
  const { at } = sql
    .exec<{ at: number | null }>(/* sql */ `SELECT min(coalesce(told_at + ?, exhausted_at)) AS at ${UNTOLD}`, HOUR_MS)
    .one();
  return at ?? Number.POSITIVE_INFINITY;
}

export function tellExhausted(db: Database, now: number): void {
  const due = db.sql
    .exec<Untold>(
      /* sql */ `SELECT id, exhausted - exhausted_told AS count, told_at ${UNTOLD} AND coalesce(told_at + ?, 0) <= ?`,
      HOUR_MS,
      now,
    )
    .toArray();
  for (const row of due) db.transaction(() => tell(db, row, now));
}

function tell(db: Database, { id, count, told_at }: Untold, now: number): void {
  const endpoint = readEndpoint(db, id);
  if (endpoint === null) return;
  const { name, kind, state } = endpoint;
  const { behind, waiting } = backlogOf(db, endpoint);
  const since = told_at === null ? null : new Date(told_at).toISOString();
  const reason = `the tries of ${count === 1 ? '1 event' : `${count} events`} are used up`;
  const nothing = { by: null, error: null, status: null };
  const data = { endpoint: id, name, kind, state, since, reason, ...nothing, behind, waiting, exhausted: count };
  emit(db, now, [{ type: EXHAUSTED, data }]);
  db.sql.exec(/* sql */ `UPDATE endpoint SET exhausted_told = exhausted, told_at = ? WHERE id = ?`, now, id);
}

/** Of the endpoints that gave events up of late. */
export function listExhausted({ sql }: Database, now: number): ReadonlyMap<string, Exhausted> {
  const rows = sql.exec<{ id: string; exhausted: number; exhaustedAt: number }>(
    /* sql */ `SELECT id, exhausted, exhausted_at AS exhaustedAt FROM endpoint WHERE exhausted_at > ?`,
    now - SHOWN_MS,
  );
  return new Map(rows.toArray().map(({ id, ...exhausted }) => [id, exhausted]));
}

// The rows of the endpoints that are not well, and what is said of them: in the transaction that makes it true.
import {
  broken,
  disableAfterMs,
  disabled,
  mended,
  tried,
  WELL,
  type Health,
  type Judged,
  type News,
} from '../delivery/health.ts';
import type { Attempt } from '../delivery/outcome.ts';
import { backlogOf } from './backlog.ts';
import type { Database } from './database.ts';
import { emit, type OwnEvent } from './emit.ts';
import { readEndpoint, type Endpoint } from './endpoints.ts';

type Row = {
  endpoint: string;
  failing_since: number | null;
  error: string | null;
  status: number | null;
  stalled_since: number | null;
  mark: string | null;
  told: string;
};

export function readHealth({ sql }: Database, id: string): Health {
  const [row] = sql.exec<Row>(/* sql */ `SELECT * FROM health WHERE endpoint = ?`, id);
  return row === undefined ? WELL : parseHealth(row);
}

/** Of the endpoints that are not well. */
export function listHealth({ sql }: Database): ReadonlyMap<string, Health> {
  const rows = sql.exec<Row>(/* sql */ `SELECT * FROM health`).toArray();
  return new Map(rows.map((row) => [row.endpoint, parseHealth(row)]));
}

function parseHealth(row: Row): Health {
  const { failing_since: failingSince, stalled_since: stalledSince, error, status, mark } = row;
  return { failingSince, error, status, stalledSince, mark, told: JSON.parse(row.told) as Health['told'] };
}

/** To be called in the transaction that records the attempts, with the cursor as they leave it. */
export function recordHealth(db: Database, endpoint: Endpoint, attempts: readonly Attempt[], now: number): void {
  if (endpoint.state === 'disabled') return;
  const held = readHealth(db, endpoint.id);
  if (held === WELL && attempts.every(({ outcome }) => outcome.kind === 'delivered')) return;
  enter(db, endpoint, held, tried(held, attempts, { now, disableAfterMs: termOf(endpoint) }), { now });
}

/** To be called in the transaction in which an admin changes an endpoint. */
export function recordChange(
  db: Database,
  { before, after, isMended }: { readonly before: Endpoint; readonly after: Endpoint; readonly isMended: boolean },
  told: Telling,
): void {
  const held = readHealth(db, after.id);
  if (before.state === 'enabled' && after.state === 'disabled')
    enter(db, after, held, disabled(held, after.reason ?? ''), told);
  else if (isMended) writeHealth(db, after.id, held, mended(held));
}

/** The relay itself failed to deliver. */
export function recordFault(db: Database, id: string, now: number): void {
  // It may have been deleted meanwhile.
  if (readEndpoint(db, id) === null) return;
  const held = readHealth(db, id);
  writeHealth(db, id, held, broken(held, now));
}

/** After how long a failing endpoint is disabled. */
export function termOf({ settings }: Pick<Endpoint, 'settings'>): number {
  return disableAfterMs(settings.disable_after_h);
}

interface Telling {
  readonly now: number;
  /** The token of whoever did it. */
  readonly by?: string;
}

/** Writes what has changed and says what is new. */
export function enter(db: Database, endpoint: Endpoint, held: Health, { health, news }: Judged, told: Telling): void {
  writeHealth(db, endpoint.id, held, health);
  const closing = news.find(({ what }) => what === 'disabled');
  if (closing !== undefined) {
    // Whoever disabled it already has said why.
    const close = /* sql */ `UPDATE endpoint SET state = 'disabled', reason = ? WHERE id = ? AND state = 'enabled'`;
    db.sql.exec(close, closing.reason, endpoint.id);
  }
  const events = news.map((one) => eventOf(db, endpoint, one, { held, health, by: told.by ?? null }));
  emit(db, told.now, events);
}

interface Course {
  readonly held: Health;
  readonly health: Health;
  readonly by: string | null;
}

/** No URL and no word of the receiver's: other endpoints get this, and whoever reads them. */
function eventOf(db: Database, endpoint: Endpoint, { what, reason }: News, { held, health, by }: Course): OwnEvent {
  const { id, name, kind } = endpoint;
  const { behind, waiting } = backlogOf(db, endpoint);
  const since = {
    failing: health.failingSince,
    disabled: health.failingSince,
    stalled: health.stalledSince,
    recovered: held.failingSince ?? held.stalledSince,
  }[what];
  return {
    type: `endpoint.${what}`,
    data: {
      endpoint: id,
      name,
      kind,
      state: what === 'disabled' ? 'disabled' : 'enabled',
      since: since === null ? null : new Date(since).toISOString(),
      reason,
      by,
      error: health.error,
      status: health.status,
      behind,
      waiting,
    },
  };
}

function writeHealth({ sql }: Database, id: string, held: Health, health: Health): void {
  const row = JSON.stringify(valuesOf(health));
  if (row === JSON.stringify(valuesOf(held))) return;
  if (row === JSON.stringify(valuesOf(WELL))) sql.exec(/* sql */ `DELETE FROM health WHERE endpoint = ?`, id);
  else
    sql.exec(
      /* sql */ `INSERT OR REPLACE INTO health (endpoint, failing_since, error, status, stalled_since, mark, told)
                 VALUES (?, ?, ?, ?, ?, ?, ?)`,
      id,
      ...valuesOf(health),
    );
}

function valuesOf({ failingSince, error, status, stalledSince, mark, told }: Health): (string | number | null)[] {
  return [failingSince, error, status, stalledSince, mark, JSON.stringify(told)];
}

// The endpoints of a team: what they are, and the cursor of each.
import type { Condition } from '../delivery/condition.ts';
import { secretsAt, stillGood, type Keys, type RetiredKey } from '../delivery/rotation.ts';
import { changeSettings, type Settings, type SettingsChange } from '../delivery/settings.ts';
import type { Signing } from '../delivery/signing-key.ts';
import { placeOf } from '../destination/address.ts';
import type { DestinationKind } from '../destination/destinations.ts';
import type { Backlog } from './backlog.ts';
import type { Database } from './database.ts';
import { forgetGroups } from './grouping.ts';
import { forgetPace, probePace, type BreakerView } from './pace.ts';
import type { Progress } from './progress.ts';
import { hasten } from './retention.ts';

/** Whom the relay calls; nobody where the consumer asks for itself. */
type Target =
  | {
      readonly kind: DestinationKind;
      /** Sealed; or, in a row of before, not yet. */
      readonly url: string;
      /** What of the url everybody may see. */
      readonly origin: string;
    }
  | { readonly kind: 'pull'; readonly url: null; readonly origin: null };

interface Consumer extends Keys {
  readonly id: string;
  readonly name: string;
  /** Patterns over event types. */
  readonly events: readonly string[];
  /** What an event must be beside its type; null where that is all. */
  readonly where: Condition | null;
  /** One event at a time: a failure holds back all that follow. */
  readonly ordered: boolean;
  readonly settings: Settings;
  readonly state: 'enabled' | 'disabled';
  /** Why it is disabled, or why the relay leaves it alone for a while. */
  readonly reason: string | null;
  readonly cursor: number;
  /** The receiver asked to be left alone until then. */
  readonly notBefore: number;
  readonly created: number;
}

export type Endpoint = Consumer & Target;
export type PushEndpoint = Extract<Endpoint, { readonly url: string }>;

/** An endpoint, where it stands and how it fares. */
export type EndpointState = Endpoint &
  Backlog &
  Progress & {
    /** What it holds back until an interval ends. */
    readonly held: number;
    readonly failingSince: number | null;
    readonly breaker: BreakerView;
  };
export type EndpointDraft = Target &
  Pick<Consumer, 'id' | 'name' | 'events' | 'where' | 'ordered' | 'settings' | 'signing' | 'secret' | 'publicKey'>;
export type EndpointChange = Partial<Pick<Consumer, 'name' | 'events' | 'where' | 'ordered' | 'state'>> & {
  readonly url?: string;
  readonly origin?: string;
  readonly settings?: SettingsChange;
};
/** What a replay starts from: all received since a time, or all after a position. */
export type ReplayFrom = { readonly time: number } | { readonly position: number };

export type EndpointRow = Record<
  'id' | 'kind' | 'name' | 'url' | 'events' | 'settings' | 'signing' | 'secret' | 'retired' | 'state',
  string
> &
  Record<'ordered' | 'cursor' | 'not_before' | 'created', number> &
  Record<'origin' | 'condition' | 'public_key' | 'reason', string | null>;

export function listEndpoints({ sql }: Database): Endpoint[] {
  return sql.exec<EndpointRow>(/* sql */ `SELECT * FROM endpoint ORDER BY created, id`).toArray().map(parseEndpoint);
}

export function readEndpoint({ sql }: Database, id: string): Endpoint | null {
  const [row] = sql.exec<EndpointRow>(/* sql */ `SELECT * FROM endpoint WHERE id = ?`, id);
  return row === undefined ? null : parseEndpoint(row);
}

/** What its deliveries have come to stays as it is. */
export function writeEndpoint({ sql }: Database, endpoint: Endpoint): void {
  sql.exec(
    /* sql */ `INSERT INTO endpoint
               (id, kind, name, url, origin, events, condition, ordered, settings, signing, secret, public_key, retired, state, reason, cursor, not_before, created)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                   ON CONFLICT (id) DO UPDATE
                      SET (name, url, origin, events, condition, ordered, settings, signing, secret, public_key, retired, state, reason, cursor, not_before)
                        = (excluded.name, excluded.url, excluded.origin, excluded.events, excluded.condition, excluded.ordered, excluded.settings,
                           excluded.signing, excluded.secret, excluded.public_key, excluded.retired, excluded.state, excluded.reason, excluded.cursor,
                           excluded.not_before)`,
    endpoint.id,
    endpoint.kind,
    endpoint.name,
    endpoint.url ?? '',
    endpoint.origin,
    JSON.stringify(endpoint.events),
    endpoint.where && JSON.stringify(endpoint.where),
    endpoint.ordered ? 1 : 0,
    JSON.stringify(endpoint.settings),
    endpoint.signing,
    endpoint.secret,
    endpoint.publicKey,
    JSON.stringify(endpoint.retired),
    endpoint.state,
    endpoint.reason,
    endpoint.cursor,
    endpoint.notBefore,
    endpoint.created,
  );
}

/** Its attempts may be very many: retention takes them away, a slice at a time. */
export function deleteEndpoint(db: Database, id: string, now: number): void {
  db.transaction(() => {
    db.sql.exec(/* sql */ `DELETE FROM retry WHERE endpoint = ?`, id);
    db.sql.exec(/* sql */ `DELETE FROM replay WHERE endpoint = ?`, id);
    db.sql.exec(/* sql */ `DELETE FROM health WHERE endpoint = ?`, id);
    db.sql.exec(/* sql */ `DELETE FROM grouping WHERE endpoint = ?`, id);
    hasten(db, now);
    forgetPace(db, id);
    db.sql.exec(/* sql */ `DELETE FROM endpoint WHERE id = ?`, id);
  });
}

/** Moves the cursor back. What was waiting to be retried or sent again after it is delivered by the cursor itself. */
export function moveCursor(db: Database, id: string, cursor: number): void {
  db.transaction(() => {
    db.sql.exec(/* sql */ `UPDATE endpoint SET cursor = ?, not_before = 0 WHERE id = ?`, cursor, id);
    db.sql.exec(/* sql */ `DELETE FROM retry WHERE endpoint = ? AND seq > ?`, id, cursor);
    db.sql.exec(/* sql */ `DELETE FROM replay WHERE endpoint = ? AND seq > ?`, id, cursor);
    forgetGroups(db, id, cursor);
    probePace(db, id);
  });
}

/** Moves the cursor of an endpoint that has had all up to a position, or wants nothing of it. */
export function passTo({ sql }: Database, id: string, position: number): void {
  sql.exec(/* sql */ `UPDATE endpoint SET cursor = ? WHERE id = ?`, position, id);
}

export function parseEndpoint(row: EndpointRow): Endpoint {
  return {
    ...targetOf(row),
    id: row.id,
    name: row.name,
    events: JSON.parse(row.events) as string[],
    where: row.condition === null ? null : (JSON.parse(row.condition) as Condition),
    ordered: row.ordered === 1,
    settings: JSON.parse(row.settings) as Settings,
    signing: row.signing as Signing,
    secret: row.secret,
    publicKey: row.public_key,
    retired: JSON.parse(row.retired) as RetiredKey[],
    state: row.state as Endpoint['state'],
    reason: row.reason,
    cursor: row.cursor,
    notBefore: row.not_before,
    created: row.created,
  };
}

function targetOf({ kind, url, origin }: EndpointRow): Target {
  if (kind === 'pull') return { kind, url: null, origin: null };
  return { kind: kind as DestinationKind, url, origin: origin ?? placeOf(url) };
}

/** Leaves an endpoint alone for a while for a reason of our own. */
export function postpone({ sql }: Database, id: string, reason: string, until: number): void {
  sql.exec(/* sql */ `UPDATE endpoint SET reason = ?, not_before = max(not_before, ?) WHERE id = ?`, reason, until, id);
}

/** Whether a change gives the receiver a new start: what the old one asked for, and how long it failed, is past. */
export function isMended(endpoint: Endpoint, { state, url }: EndpointChange): boolean {
  return state === 'enabled' || (url !== undefined && url !== endpoint.url);
}

/** Whoever disabled it so needs no alarm. */
export const BY_ADMIN = 'disabled by an admin';

export function changeOf(endpoint: Endpoint, change: EndpointChange): Endpoint {
  const { url, origin, ...rest } = change;
  const settings = changeSettings(endpoint.settings, change.settings ?? {});
  const changed = { ...endpoint, ...rest, ...targetAt(endpoint, url, origin), settings };
  if (change.state === 'disabled') return { ...changed, reason: BY_ADMIN };
  if (!isMended(endpoint, change)) return changed;
  return { ...changed, notBefore: 0, reason: changed.state === 'enabled' ? null : endpoint.reason };
}

function targetAt(held: Target, url = held.url, origin = held.origin): Target {
  if (held.kind === 'pull') return { kind: held.kind, url: null, origin: null };
  return { kind: held.kind, url: url ?? held.url, origin: origin ?? held.origin };
}

/** Sealed, the newest first. Those whose time is over leave the table. */
export function takeSecrets({ sql }: Database, endpoint: Endpoint, now: number): string[] {
  const secrets = secretsAt(endpoint, now);
  if (secrets.length <= endpoint.retired.length) {
    const retired = JSON.stringify(stillGood(endpoint.retired, now));
    sql.exec(/* sql */ `UPDATE endpoint SET retired = ? WHERE id = ?`, retired, endpoint.id);
  }
  return secrets;
}

/**
 * What waits for a retry is due now: somebody has mended the receiver. It keeps its order, and what was due at one moment is so
 * still, by which it is known that it failed together.
 */
export function hurryRetries({ sql }: Database, id: string, now: number): void {
  sql.exec(
    /* sql */ `UPDATE retry SET due = ?2 - late.others
                 FROM (SELECT seq, dense_rank() OVER (ORDER BY due DESC) - 1 AS others
                         FROM retry
                        WHERE endpoint = ?1 AND due > ?2) AS late
                WHERE retry.endpoint = ?1 AND retry.seq = late.seq`,
    id,
    now,
  );
}

/** One of them; false where it does not wait. */
export function hurryRetry({ sql }: Database, id: string, seq: number, now: number): boolean {
  const due = /* sql */ `UPDATE retry SET due = min(due, ?) WHERE endpoint = ? AND seq = ?`;
  return sql.exec(due, now, id, seq).rowsWritten > 0;
}

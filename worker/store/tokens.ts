// The team itself and its tokens. A token is kept as a hash: whoever reads the table can use none.
import type { DigestSettings } from '../budget/digest.ts';
import { equal, type Credential, type Scope } from '../access/token.ts';
import type { InboundKind } from '../event/inbound.ts';
import type { Database } from './database.ts';

export interface NewTeam {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
  readonly created: number;
}

export interface TeamRow extends NewTeam {
  readonly digests: DigestSettings;
  /** After how much silence a session with work open has stalled; 0 for never. */
  readonly stalledAfterMin: number;
}

export type TeamChange = Partial<Pick<TeamRow, 'name' | 'zone' | 'digests' | 'stalledAfterMin'>>;

type Row = Record<'id' | 'name' | 'zone', string> &
  Record<'created' | 'digest_daily' | 'digest_weekly' | 'digest_hour' | 'digest_weekday' | 'stalled_after_min', number>;

export function readTeam({ sql }: Database): TeamRow | null {
  const [row] = sql.exec<Row>(/* sql */ `SELECT * FROM team`);
  if (row === undefined) return null;
  const { id, name, zone, created, digest_daily, digest_weekly, digest_hour: hour, digest_weekday: weekday } = row;
  return {
    id,
    name,
    zone,
    created,
    digests: { daily: digest_daily === 1, weekly: digest_weekly === 1, hour, weekday },
    stalledAfterMin: row.stalled_after_min,
  };
}

export function changeTeam({ sql }: Database, { name, zone, digests, stalledAfterMin }: TeamRow): void {
  sql.exec(
    /* sql */ `UPDATE team
                  SET name = ?, zone = ?,
                      digest_daily = ?, digest_weekly = ?, digest_hour = ?, digest_weekday = ?,
                      stalled_after_min = ?`,
    name,
    zone,
    digests.daily ? 1 : 0,
    digests.weekly ? 1 : 0,
    digests.hour,
    digests.weekday,
    stalledAfterMin,
  );
}

export function writeTeam({ sql }: Database, team: NewTeam): void {
  sql.exec(
    /* sql */ `INSERT INTO team (id, name, zone, created) VALUES (?, ?, ?, ?)`,
    team.id,
    team.name,
    team.zone,
    team.created,
  );
}

export type TokenRow = {
  id: string;
  scope: Scope;
  /** Of a token of scope inbound what its URL is for, of others null. */
  kind: InboundKind | null;
  /** Whose hooks post there, where that was said. */
  town: string | null;
  /** How many escalations its URL was told that had come in already. */
  repeated: number;
  name: string;
  created: number;
  revoked: number | null;
  made_by: string | null;
};

/** What a URL is for. */
export type Inbound = { name: string; kind: InboundKind; town: string | null };

export function insertToken(
  { sql }: Database,
  { id, scope, hash, key }: Credential,
  { name, kind = null, town = null }: Pick<TokenRow, 'name'> & Partial<Pick<TokenRow, 'kind' | 'town'>>,
  now: number,
): void {
  sql.exec(
    /* sql */ `INSERT INTO token (id, scope, kind, town, name, hash, created, made_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    scope,
    kind,
    town,
    name,
    hash,
    now,
    key,
  );
}

export function listTokens({ sql }: Database): TokenRow[] {
  return sql
    .exec<TokenRow>(
      /* sql */ `SELECT id, scope, kind, town, repeated, name, created, revoked, made_by FROM token ORDER BY created, id`,
    )
    .toArray();
}

/** What a URL is for whose secret is this token. */
export function readInbound({ sql }: Database, id: string): Inbound | null {
  const [row] = sql.exec<Inbound>(/* sql */ `SELECT name, kind, town FROM token WHERE id = ? AND kind IS NOT NULL`, id);
  return row ?? null;
}

export function countRepeated({ sql }: Database, id: string): void {
  sql.exec(/* sql */ `UPDATE token SET repeated = repeated + 1 WHERE id = ?`, id);
}

/** False where there is no such token that is still good. */
export function revokeToken({ sql }: Database, id: string, now: number): boolean {
  const { rowsWritten } = sql.exec(/* sql */ `UPDATE token SET revoked = ? WHERE id = ? AND revoked IS NULL`, now, id);
  return rowsWritten > 0;
}

export function isGood({ sql }: Database, { id, hash, key }: Credential): boolean {
  const [row] = sql.exec<{ hash: string; revoked: number | null; made_by: string | null }>(
    /* sql */ `SELECT hash, revoked, made_by FROM token WHERE id = ?`,
    id,
  );
  if (row === undefined || row.revoked !== null || !equal(row.hash, hash)) return false;
  if (row.made_by !== key) sql.exec(/* sql */ `UPDATE token SET made_by = ? WHERE id = ?`, key, id);
  return true;
}

// What a token sent under an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a repetition within a day sends nothing.
import type { Database } from './database.ts';

const DAY_MS = 24 * 3_600_000;

export interface Key {
  readonly token: string;
  readonly key: string;
}

export type Known = { fingerprint: string; mail: string };

export function readKey({ sql }: Database, { token, key }: Key, now: number): Known | null {
  const [row] = sql.exec<Known>(
    /* sql */ `SELECT fingerprint, mail FROM mail_key WHERE token = ? AND key = ? AND at > ?`,
    token,
    key,
    now - DAY_MS,
  );
  return row ?? null;
}

export function writeKey({ sql }: Database, { token, key }: Key, { fingerprint, mail }: Known, now: number): void {
  sql.exec(
    /* sql */ `INSERT OR REPLACE INTO mail_key (token, key, fingerprint, mail, at) VALUES (?, ?, ?, ?, ?)`,
    token,
    key,
    fingerprint,
    mail,
    now,
  );
}

export function dropKeys({ sql }: Database, now: number): void {
  sql.exec(/* sql */ `DELETE FROM mail_key WHERE at <= ?`, now - DAY_MS);
}

// The operator's list of teams: one object for the whole relay. It knows names alone; all else is the team's.
import { DurableObject } from 'cloudflare:workers';

import type { Env } from './env.ts';

export type DirectoryEntry = { id: string; name: string; created: number };

export class Directory extends DurableObject<Env> {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql
      .exec(/* sql */ `CREATE TABLE IF NOT EXISTS team (id TEXT PRIMARY KEY, name TEXT NOT NULL, created INTEGER NOT NULL)
                 STRICT, WITHOUT ROWID`);
  }

  /** Enters a team; one that is there already stays as it is. */
  enter({ id, name, created }: DirectoryEntry): void {
    this.#sql.exec(/* sql */ `INSERT INTO team VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, id, name, created);
  }

  rename(id: string, name: string): void {
    this.#sql.exec(/* sql */ `UPDATE team SET name = ? WHERE id = ?`, name, id);
  }

  has(id: string): boolean {
    return this.#sql.exec(/* sql */ `SELECT 1 FROM team WHERE id = ?`, id).toArray().length > 0;
  }

  /** Whether storage answers. */
  ready(): boolean {
    return this.#sql.exec(/* sql */ `SELECT 1`).toArray().length === 1;
  }

  list(): DirectoryEntry[] {
    return this.#sql.exec<DirectoryEntry>(/* sql */ `SELECT id, name, created FROM team ORDER BY id`).toArray();
  }
}

// OpenCode's data folder as it might be found on a machine: a database with the tables of a release, rows of any shape in them,
// and files from before it.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface Past {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file: string;
  readonly database: DatabaseSync;
  session(id: string, given?: Partial<SessionRow>): void;
  message(id: string, given?: MessageRow): void;
  part(message: string, data: unknown): void;
  legacy(name: string, data: unknown): void;
  remove(): void;
}

interface SessionRow {
  readonly parent: string | null;
  readonly project: string;
  readonly directory: string;
  readonly at: number;
  readonly cost: number;
}

export interface MessageRow {
  readonly table?: 'message' | 'session_message';
  readonly session?: string;
  readonly at?: unknown;
  readonly updated?: unknown;
  /** Over the fields of a good message; a text goes in as it is. */
  readonly data?: object | string | null;
}

export const START = Date.UTC(2026, 9, 1, 9);

const TABLES = /* sql */ `
  CREATE TABLE project (id text PRIMARY KEY, worktree text NOT NULL, name text);
  CREATE TABLE session (id text PRIMARY KEY, project_id text, parent_id text, directory text, title text, version text,
                        cost real DEFAULT 0 NOT NULL, time_created integer, time_updated integer);
  CREATE TABLE message (id text PRIMARY KEY, session_id text, time_created integer, time_updated integer, data text);
  CREATE TABLE part (id text PRIMARY KEY, message_id text, session_id text, data text);
  CREATE INDEX part_message_id_id_idx ON part (message_id, id);
  CREATE TABLE session_message (id text PRIMARY KEY, session_id text, type text, seq integer, time_created integer,
                                time_updated integer, data text);
  CREATE TABLE credential (id text PRIMARY KEY, secret text);`;

export function openPast(tables = TABLES): Past {
  const home = mkdtempSync(path.join(tmpdir(), 'gasline-past-'));
  const data = path.join(home, '.local', 'share', 'opencode');
  mkdirSync(data, { recursive: true });
  const file = path.join(data, 'opencode.db');
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode = WAL; ${tables}`);
  let count = 0;
  return {
    home,
    env: { HOME: home, USER: 'ann' },
    file,
    database,
    session(id, { parent = null, project = 'global', directory = '/nowhere', at = START, cost = 0 } = {}) {
      database.prepare('INSERT OR IGNORE INTO project VALUES (?, ?, NULL)').run(project, directory);
      database
        .prepare('INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
        .run(id, project, parent, directory, 'a secret title', '1.18.33', cost, at, at);
    },
    message(id, { table = 'message', session = 'ses_1', at = START, updated = at, data = {} } = {}) {
      const whole = typeof data === 'object' && data !== null ? { ...messageData(table, at), ...data } : data;
      const text = typeof whole === 'string' || whole === null ? whole : JSON.stringify(whole);
      const values = [id, session, at as number, updated as number, text] as const;
      if (table === 'message') database.prepare('INSERT INTO message VALUES (?, ?, ?, ?, ?)').run(...values);
      else {
        database
          .prepare(`INSERT INTO session_message VALUES (?, ?, 'assistant', ?, ?, ?, ?)`)
          .run(id, session, (count += 1), at as number, updated as number, text);
      }
    },
    part(message, given) {
      const text = typeof given === 'string' ? given : JSON.stringify(given);
      database.prepare('INSERT INTO part VALUES (?, ?, NULL, ?)').run(`prt_${(count += 1)}`, message, text);
    },
    legacy(name, value) {
      const target = path.join(data, 'storage', name);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, typeof value === 'string' ? value : JSON.stringify(value));
    },
    remove() {
      database.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export const TOKENS = { input: 800, output: 100, reasoning: 7, cache: { read: 200, write: 0 } };

export function messageData(table: 'message' | 'session_message', at: unknown): object {
  const common = { agent: 'build', cost: 0.00396, tokens: TOKENS, time: { created: at, completed: Number(at) + 900 } };
  if (table === 'session_message') return { ...common, model: { id: 'm', providerID: 'p', variant: 'high' } };
  const text = { parentID: 'msg_0', path: { cwd: '/secret/folder' }, prompt: 'a secret prompt' };
  return { ...common, ...text, role: 'assistant', providerID: 'p', modelID: 'm' };
}

/** An id as OpenCode makes it at that time. */
export function idAt(at: number, suffix: string | number): string {
  return `msg_${((BigInt(at) * 4096n) % 2n ** 48n).toString(16).padStart(12, '0')}${suffix}`;
}

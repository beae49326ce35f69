// Opens a SQLite file for reading alone, with what the runtime brings: Node has it since 22.5, Bun always. The package itself
// has no dependency that could. A reader of a WAL database holds no writer up.

import type { Fields } from '../../field.ts';
import { done, failed, type Outcome } from '../command.ts';

export interface Reader {
  readonly all: (sql: string, ...values: readonly (string | number)[]) => readonly Fields[];
  readonly close: () => void;
}

/** The two runtimes name the same things differently. */
interface Runtime {
  readonly open: (path: string) => Reader;
}

export async function openReader(path: string): Promise<Outcome<Reader>> {
  const runtime = (await nodeRuntime()) ?? (await bunRuntime());
  if (runtime === null) {
    return failed(
      `reading OpenCode's database needs Node 22.13 or newer, this is ${process.version}: install one, or for this once run ` +
        '`npx -y -p node@24 -p gasline gasline …` or `bunx --bun gasline …`',
    );
  }
  try {
    const reader = runtime.open(path);
    reader.all('SELECT count(*) FROM sqlite_master');
    return done(reader);
  } catch (error) {
    return failed(`${path} cannot be read as a database: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function nodeRuntime(): Promise<Runtime | null> {
  try {
    const { DatabaseSync } = await quietly(() => import('node:sqlite'));
    return {
      open(path) {
        const database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
        return { all: (sql, ...values) => database.prepare(sql).all(...values), close: () => database.close() };
      },
    };
  } catch {
    return null;
  }
}

interface BunDatabase {
  query(sql: string): { all(...values: readonly unknown[]): readonly Fields[] };
  close(): void;
}

async function bunRuntime(): Promise<Runtime | null> {
  try {
    // Not a name that a bundler for Node would look for.
    const from = 'bun:sqlite';
    const { Database } = (await import(from)) as {
      readonly Database: new (path: string, options: object) => BunDatabase;
    };
    return {
      open(path) {
        const database = new Database(path, { readonly: true });
        return { all: (sql, ...values) => database.query(sql).all(...values), close: () => database.close() };
      },
    };
  } catch {
    return null;
  }
}

/** Node 22 and 24 warn on stderr that their SQLite is experimental: nobody who runs this can do anything about it. */
async function quietly<T>(run: () => Promise<T>): Promise<T> {
  const own = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  process.emitWarning = () => {};
  try {
    return await run();
  } finally {
    if (own !== undefined) Object.defineProperty(process, 'emitWarning', own);
  }
}

const BUSY_MS = 5_000;

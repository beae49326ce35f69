// Where OpenCode keeps its history on this machine, by OpenCode's own rule, but for one thing: which channel it was built for is
// inside its binary. So a channel's database is taken where there is no other, and the ones left out are named.

import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';

import { done, failed, type Outcome } from '../command.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Place {
  /** Null where only files from before the database are left. */
  readonly database: string | null;
  /** Databases of other channels beside it. */
  readonly others: readonly string[];
  /** The folder of the JSON files that came before the database; it may not be there. */
  readonly storage: string;
}

export function findHistory(given: string | undefined, env: Environment): Outcome<Place> {
  if (given !== undefined) {
    const database = resolve(given);
    if (!existsSync(database)) return failed(`there is no file ${database}`);
    return done({ database, others: [], storage: join(dirname(database), 'storage') });
  }
  const data = join(env.XDG_DATA_HOME || join(env.HOME || homedir(), '.local', 'share'), 'opencode');
  const storage = join(data, 'storage');
  const named = env.OPENCODE_DB;
  if (named === ':memory:') return failed('OPENCODE_DB is :memory:, so OpenCode keeps no history here');
  if (named) {
    const database = isAbsolute(named) ? named : join(data, named);
    if (!existsSync(database)) return failed(`OPENCODE_DB names ${database}, which is not there`);
    return done({ database, others: [], storage });
  }
  const [database = null, ...others] = databases(data);
  if (database === null && !existsSync(join(storage, 'message'))) {
    return failed(`OpenCode has no history in ${data}; if it is elsewhere, give --db <file>`);
  }
  return done({ database, others, storage });
}

/** `opencode.db` first, which is that of a release; the others are of channels. */
function databases(data: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(data);
  } catch {
    // No folder, no database.
    return [];
  }
  return names
    .filter((name) => /^opencode(-[\w.-]+)?\.db$/.test(name))
    .toSorted((a, b) => Number(b === 'opencode.db') - Number(a === 'opencode.db') || a.localeCompare(b))
    .map((name) => join(data, name));
}

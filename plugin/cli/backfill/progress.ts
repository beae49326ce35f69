// How far a run has come, so that the next one goes on there. The place is a time and an id, which stands whatever was added or
// deleted meanwhile. The file goes when the run is through: a repeat begins at the beginning, and finds what came since.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { dirname, join } from 'node:path';

import { fields } from '../../field.ts';
import { spoolKey } from '../../key.ts';
import type { Connection } from '../connection.ts';
import type { Cursor } from '../history/history.ts';
import type { Place } from '../history/place.ts';
import { fromJson, noTally, toJson, type Tally } from './tally.ts';

export interface Progress {
  readonly since: number;
  readonly cursor: Cursor | null;
  readonly tally: Tally;
}

export interface ProgressFile {
  /** Null where no run was interrupted, or one with another `--since`. */
  readonly load: (since: number) => Progress | null;
  readonly save: (progress: Progress) => void;
  readonly remove: () => void;
}

/** The same for a machine and its database, whoever asks and when. */
export function identityOf({ database, storage }: Place): string {
  return hash(`${hostname()}\n${database ?? storage}`).slice(0, 12);
}

export function openProgress(
  place: Place,
  { url, token }: Pick<Connection, 'url' | 'token'>,
  env: Readonly<Record<string, string | undefined>>,
): ProgressFile {
  const state = env.XDG_STATE_HOME || join(env.HOME || homedir(), '.local', 'state');
  const path = join(state, 'gasline', 'backfill', `${identityOf(place)}-${spoolKey(url.href, token)}.json`);
  return {
    load(since) {
      try {
        const saved = fields(JSON.parse(readFileSync(path, 'utf8')));
        const { shelf, at, id } = fields(saved.cursor);
        if (saved.since !== since || typeof shelf !== 'string' || typeof at !== 'number' || typeof id !== 'string') {
          return null;
        }
        return { since, cursor: { shelf, at, id } as Cursor, tally: fromJson(saved.tally) ?? noTally() };
      } catch {
        // None, or one that was cut off: beginning again costs time and nothing else.
        return null;
      }
    },
    save({ since, cursor, tally }) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      // A kill in the middle of writing leaves the old one.
      writeFileSync(`${path}.new`, JSON.stringify({ since, cursor, tally: toJson(tally) }), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    remove: () => rmSync(path, { force: true }),
  };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

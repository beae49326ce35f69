// What became of each message at each address, in the order in which it happened: it is written down that a message is tried
// before it is, and that it is there after. So whatever ends the bridge in between, the next one knows what it does not know.

import type { Disk } from './disk.ts';
import { fields } from '../../field.ts';

/** `unclear` is a try whose end nobody saw. */
export type State = 'new' | 'unclear' | 'done';

export interface Standing {
  readonly state: State;
  /** How often it was tried without a word of how it ended. */
  readonly tries: number;
}

export interface Applied {
  readonly of: (key: string) => Standing;
  readonly trying: (key: string) => void;
  /** It is there. */
  readonly done: (key: string) => void;
  /** It is still looked at, and must not be forgotten. */
  readonly keep: (key: string) => void;
  /** The last try brought nothing for certain; what one before it did is as unclear as it was. */
  readonly failed: (key: string) => void;
}

/** Longer than the relay keeps mail by itself. */
const KEPT_MS = 90 * 86_400_000;
/** So seldom that nothing grows by it. */
const RENEWED_MS = KEPT_MS / 3;
const NEW: Standing = { state: 'new', tries: 0 };

export function openApplied(path: string, disk: Disk, now: () => number): Applied {
  const known = new Map<string, Standing & { readonly at: number }>();
  for (const line of (disk.read(path) ?? '').split('\n')) take(parse(line));
  for (const [key, { at }] of known) if (at < now() - KEPT_MS) known.delete(key);
  disk.replace(path, [...known].map(([key, { state, tries, at }]) => lineOf({ key, state, tries, at })).join(''));
  const write = (key: string, standing: Standing) => {
    const record = { key, ...standing, at: now() };
    disk.append(path, lineOf(record));
    take(record);
  };
  const of = (key: string): Standing => known.get(key) ?? NEW;
  return {
    of,
    trying: (key) => write(key, { state: 'unclear', tries: of(key).tries + 1 }),
    done: (key) => write(key, { state: 'done', tries: of(key).tries }),
    keep(key) {
      const standing = known.get(key);
      if (standing !== undefined && standing.at < now() - RENEWED_MS) write(key, standing);
    },
    failed(key) {
      const tries = of(key).tries - 1;
      write(key, tries > 0 ? { state: 'unclear', tries } : NEW);
    },
  };

  function take(record: ReturnType<typeof parse>): void {
    if (record === null) return;
    const { key, state, tries, at } = record;
    if (state === 'new') known.delete(key);
    else known.set(key, { state, tries, at });
  }
}

function lineOf(record: object): string {
  return `${JSON.stringify(record)}\n`;
}

/** Null for a line that a crash cut off: what it would have said is not known then. */
function parse(line: string): (Standing & { readonly key: string; readonly at: number }) | null {
  try {
    const { key, state, tries, at } = fields(JSON.parse(line));
    if (typeof key !== 'string' || typeof tries !== 'number' || typeof at !== 'number') return null;
    return state === 'new' || state === 'unclear' || state === 'done' ? { key, state, tries, at } : null;
  } catch {
    return null;
  }
}

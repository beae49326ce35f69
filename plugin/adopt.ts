// Sends what dead processes left behind: under their own source and numbers, one spool at a time, so that the relay sees no
// difference. A spool is taken by renaming it to a name that carries the new owner.

import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { Inherited } from './inherited.ts';
import { Journal } from './journal.ts';
import { SPOOL_BYTES, TRIMMED_BYTES } from './limits.ts';
import { isAlive, isSame, parseSpoolFile, spoolFile } from './owner.ts';
import type { Owner } from './owner.ts';

/** `busy` holds the sources that this process sends already; what is taken is added to it. */
export function adopt(folder: string, here: Owner, busy: Set<string>, now: number): Inherited | null {
  const bounds = { now, limit: SPOOL_BYTES, target: TRIMMED_BYTES, reason: 'size' } as const;
  for (const { file, source } of orphans(folder, here, busy, now)) {
    const journal = take(folder, file, source, here);
    if (journal === null) continue;
    busy.add(source);
    const inherited = new Inherited(source, journal);
    inherited.open(bounds);
    if (inherited.pending > 0) return inherited;
    inherited.close();
    busy.delete(source);
  }
  return null;
}

export interface Orphan {
  readonly file: string;
  readonly source: string;
  readonly bytes: number;
  readonly touchedAt: number;
}

/** Spools of dead processes, and those that an ended plugin of this process left; the oldest first. */
export function orphans(folder: string, here: Owner, busy: ReadonlySet<string>, now: number): readonly Orphan[] {
  const found: Orphan[] = [];
  for (const file of listFolder(folder)) {
    const parts = parseSpoolFile(file);
    if (parts === null || busy.has(parts.source)) continue;
    const stat = statSync(join(folder, file), { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (!isSame(parts.owner, here) && isAlive(parts.owner, here, stat.mtimeMs, now)) continue;
    found.push({ file, source: parts.source, bytes: stat.size, touchedAt: stat.mtimeMs });
  }
  return found.toSorted((a, b) => a.touchedAt - b.touchedAt);
}

export function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not there yet: nobody has left anything.
    return [];
  }
}

/** Null when another process was first, or when this one has another file of the source: that one goes first. */
export function take(folder: string, file: string, source: string, here: Owner): Journal | null {
  const path = join(folder, spoolFile({ source, owner: here }));
  try {
    if (path !== join(folder, file) && existsSync(path)) return null;
    renameSync(join(folder, file), path);
    return new Journal(path);
  } catch {
    return null;
  }
}

/** Removes a file that nobody will send; another process may have been first. */
export function discard(path: string): void {
  rmSync(path, { force: true });
}

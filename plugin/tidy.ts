// Keeps the folder of all spools within its bounds: what nobody will send any more goes after a while, and when the spools
// of dead processes are too large together, they are made smaller, the oldest first.

import { renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { discard, listFolder, orphans, take } from './adopt.ts';
import { Inherited } from './inherited.ts';
import { AGE_MS, COST_AGE_MS, TOTAL_BYTES } from './limits.ts';
import type { Owner } from './owner.ts';

/** `root` holds one folder for each relay and team; `key` names ours. */
export function tidy(root: string, key: string, here: Owner, busy: Set<string>, now: number): void {
  let total = 0;
  for (const folder of listFolder(root)) {
    for (const file of listFolder(join(root, folder))) {
      const path = join(root, folder, file);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat === undefined) continue;
      const isSpool = !file.endsWith('.rejected.jsonl') && file.endsWith('.jsonl');
      // Another relay's spool is sent by whoever is configured for it; nobody has been for longer than money counts.
      const isStale = now - stat.mtimeMs > (isSpool ? COST_AGE_MS : AGE_MS);
      if (isStale && (!isSpool || folder !== key)) discard(path);
      else total += stat.size;
    }
  }
  const ours = join(root, key);
  const left = shrink(ours, total - TOTAL_BYTES, true, here, busy, now);
  shrink(ours, left, false, here, busy, now);
}

/** Returns how much is still too much. */
function shrink(
  folder: string,
  surplus: number,
  sparesCosts: boolean,
  here: Owner,
  busy: Set<string>,
  now: number,
): number {
  let left = surplus;
  if (left <= 0) return left;
  for (const { file, source, bytes, touchedAt } of orphans(folder, here, busy, now)) {
    if (left <= 0) break;
    const journal = take(folder, file, source, here);
    if (journal === null) continue;
    const inherited = new Inherited(source, journal);
    const target = Math.max(0, bytes - left);
    inherited.open({ now, limit: target, target, reason: 'files', sparesCosts });
    left -= bytes - journal.size;
    // Back under the dead owner's name and age: whoever has the time may send it.
    journal.touch(touchedAt);
    inherited.close();
    if (inherited.pending > 0) renameSync(journal.path, join(folder, file));
  }
  return left;
}

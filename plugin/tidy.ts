// Keeps the folder of all spools within its bounds: what nobody will send any more goes after a while, and when everything
// together is too much, what helps least goes first. The spools of dead processes are merged when they are too many.

import { renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { discard, listFolder, orphans, take } from './adopt.ts';
import type { Orphan } from './adopt.ts';
import { Inherited } from './inherited.ts';
import type { Journal } from './journal.ts';
import { AGE_MS, COST_AGE_MS, SPOOL_BYTES, SPOOL_FILES, TOTAL_BYTES, TRIMMED_BYTES } from './limits.ts';
import type { Owner } from './owner.ts';

/** `root` holds one folder for each relay and team; `key` names ours. */
export function tidy(root: string, key: string, here: Owner, busy: ReadonlySet<string>, now: number): void {
  let surplus = -TOTAL_BYTES;
  const spare: Orphan[] = [];
  const foreign: Orphan[] = [];
  for (const folder of listFolder(root)) {
    for (const file of listFolder(join(root, folder))) {
      const path = join(root, folder, file);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat === undefined) continue;
      const isSpool = !file.endsWith('.rejected.jsonl') && file.endsWith('.jsonl');
      // Another relay's spool is sent by whoever is configured for it; nobody has been for longer than money counts.
      const isStale = now - stat.mtimeMs > (isSpool ? COST_AGE_MS : AGE_MS);
      if (isStale && (!isSpool || folder !== key)) {
        discard(path);
        continue;
      }
      surplus += stat.size;
      if (!isSpool) spare.push({ file: path, source: '', bytes: stat.size, touchedAt: stat.mtimeMs });
    }
    if (folder === key) continue;
    for (const orphan of orphans(join(root, folder), here, busy, now)) {
      foreign.push({ ...orphan, file: join(root, folder, orphan.file) });
    }
  }
  for (const { file, bytes } of [...spare.toSorted(byAge), ...foreign.toSorted(byAge)]) {
    if (surplus <= 0) break;
    discard(file);
    surplus -= bytes;
  }
  const ours = join(root, key);
  for (const sparesCosts of [true, false]) surplus = shrink(ours, surplus, sparesCosts, here, busy, now);
  merge(ours, here, busy, now);
}

function byAge(a: Orphan, b: Orphan): number {
  return a.touchedAt - b.touchedAt;
}

/** Returns how much is still too much. */
function shrink(
  folder: string,
  surplus: number,
  sparesCosts: boolean,
  here: Owner,
  busy: ReadonlySet<string>,
  now: number,
): number {
  let left = surplus;
  if (left <= 0) return left;
  for (const orphan of orphans(folder, here, busy, now)) {
    if (left <= 0) break;
    const journal = take(folder, orphan.file, orphan.source, here);
    if (journal === null) continue;
    const inherited = new Inherited(orphan.source, journal);
    const target = Math.max(0, orphan.bytes - left);
    inherited.open({ now, limit: target, target, reason: 'files', sparesCosts });
    left -= orphan.bytes - journal.size;
    giveBack(folder, orphan, inherited, journal);
  }
  return left;
}

/** Makes one file of the smallest, no larger than a trimmed spool: nothing is lost, and it is done in a tenth of a second. */
function merge(folder: string, here: Owner, busy: ReadonlySet<string>, now: number): void {
  const spools = orphans(folder, here, busy, now).toSorted((a, b) => a.bytes - b.bytes);
  const surplus = spools.length - SPOOL_FILES;
  if (surplus <= 0) return;
  const taken: { readonly orphan: Orphan; readonly journal: Journal }[] = [];
  let bytes = 0;
  for (const orphan of spools.slice(0, surplus + 1)) {
    bytes += orphan.bytes;
    if (bytes > TRIMMED_BYTES) break;
    const journal = take(folder, orphan.file, orphan.source, here);
    if (journal !== null) taken.push({ orphan, journal });
  }
  const [first, ...more] = taken;
  if (first === undefined) return;
  const inherited = new Inherited(first.orphan.source, first.journal);
  inherited.open(
    { now, limit: SPOOL_BYTES, target: TRIMMED_BYTES, reason: 'size' },
    more.map(({ journal }) => journal),
  );
  giveBack(folder, first.orphan, inherited, first.journal);
}

/** Back under the dead owner's name and age: whoever has the time may send it. */
function giveBack(folder: string, { file, touchedAt }: Orphan, inherited: Inherited, journal: Journal): void {
  journal.touch(touchedAt);
  inherited.close();
  if (inherited.pending > 0) renameSync(journal.path, join(folder, file));
}

// One relay a folder. The lock is SQLite's own on a file of the folder, which the system lets go of however the process ends.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export class FolderInUse extends Error {}

/** Returns the function that unlocks it; throws FolderInUse where another process holds it. */
export function lockFolder(dataDir: string): () => void {
  const database = new DatabaseSync(join(dataDir, 'lock.sqlite'), { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT');
  } catch {
    database.close();
    throw new FolderInUse(`another relay is running on ${dataDir}: stop it, or take another folder with --data`);
  }
  return () => database.close();
}

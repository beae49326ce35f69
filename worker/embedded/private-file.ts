// What must outlive every crash and is for one user alone: written whole beside its place, then put there in one step.
import { chmodSync, closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

/** Null where there is none. */
export function readPrivate(file: string): unknown {
  if (!existsSync(file)) return null;
  chmodSync(file, 0o600);
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new Error(`${file} is not the JSON that was written there: bring it back from a copy`);
  }
}

export function writePrivate(file: string, value: object): void {
  const draft = `${file}.new`;
  const descriptor = openSync(draft, 'w', 0o600);
  writeSync(descriptor, `${JSON.stringify(value, null, 2)}\n`);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(draft, file);
}

// What the bridge must not forget, on the disk before it goes on. Each thing has a file of its own in the bridge's folder.

import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Disk {
  /** Null where there is no such file. */
  readonly read: (path: string) => string | null;
  /** A kill in the middle of it leaves the old one. */
  readonly replace: (path: string, text: string) => void;
  /** In one write at the file's end, where others append too. */
  readonly append: (path: string, text: string) => void;
}

export const disk: Disk = {
  read(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  },
  replace(path, text) {
    write(`${path}.new`, 'w', text);
    renameSync(`${path}.new`, path);
    syncFolder(dirname(path));
  },
  append: (path, text) => write(path, 'a', text),
};

function write(path: string, flags: 'a' | 'w', text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, flags, 0o600);
  try {
    const bytes = Buffer.from(text);
    const written = writeSync(file, bytes);
    if (written < bytes.length) throw Object.assign(new Error(`no room left for ${path}`), { code: 'ENOSPC' });
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Without it a rename may be lost when the power is. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

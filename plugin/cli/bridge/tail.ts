// Reads on in a file that a town appends to, over its rotations.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { foundIn, hashOf, linesOf, type Mark, moved, START } from './mark.ts';

export interface Reading {
  readonly lines: readonly string[];
  /** To read on from, once the lines are dealt with. */
  readonly mark: Mark;
  readonly isMore: boolean;
}

const CHUNK = 256 * 1024;
const SETTLING_MS = 100;

/** Null where there is no file. */
export async function readOn(path: string, before: Mark): Promise<Reading | null> {
  const file = open(path);
  if (file === null) return null;
  try {
    const mark = await found(file, before);
    return mark === null ? { lines: [], mark: before, isMore: false } : readFrom(file, mark);
  } finally {
    closeSync(file);
  }
}

/** At its end: what was before is not asked for. */
export function endOf(path: string): Mark | null {
  const file = open(path);
  if (file === null) return null;
  try {
    const { ino, size } = fstatSync(file);
    const start = Math.max(0, size - CHUNK);
    const tail = read(file, start, size - start);
    const lines = linesOf(tail);
    const last = moved({ ...START, offset: 0 }, ino, lines);
    return { ...last, offset: start + last.offset };
  } finally {
    closeSync(file);
  }
}

/** Where the mark is in the file as it is now; null while the file is being written anew. */
async function found(file: number, mark: Mark): Promise<Mark | null> {
  const { ino, size } = fstatSync(file);
  if (mark.recent.length === 0) return { ...START, inode: ino };
  const isSame = ino === mark.inode && size >= mark.offset;
  const last = isSame ? read(file, mark.offset - mark.length, mark.length - 1) : null;
  if (last !== null && hashOf(last) === mark.recent.at(-1)) return mark;
  // A digest empties the file and then writes what it keeps: half of that would look like a file without our place.
  await sleep(SETTLING_MS);
  const settled = fstatSync(file);
  if (settled.size !== size || size === 0) return null;
  return foundIn(linesOf(read(file, 0, size)), mark, ino);
}

function readFrom(file: number, mark: Mark): Reading {
  const { ino, size } = fstatSync(file);
  for (let length = CHUNK; ; length *= 4) {
    const bytes = read(file, mark.offset, Math.min(length, size - mark.offset));
    const isAll = mark.offset + bytes.length >= size;
    const lines = linesOf(bytes);
    if (lines.length > 0 || isAll) {
      return { lines: lines.map((line) => line.toString()), mark: moved(mark, ino, lines), isMore: !isAll };
    }
  }
}

function open(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function read(file: number, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, length));
  let got = 0;
  while (got < bytes.length) {
    const more = readSync(file, bytes, got, bytes.length - got, from + got);
    if (more === 0) break;
    got += more;
  }
  return bytes.subarray(0, got);
}

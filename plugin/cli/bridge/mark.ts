// How far a file of lines was read. The town cuts its files down by writing what it keeps into a new one, and leaves out lines in the
// middle: a place in the old file says nothing about the new one, but the lines that were read last may still be in it.

import { createHash } from 'node:crypto';

import { fields, list } from '../../field.ts';

export interface Mark {
  readonly inode: number;
  /** Behind the last line that was read. */
  readonly offset: number;
  /** Bytes of that line, with its end. */
  readonly length: number;
  /** The last lines that were read, as hashes; the newest is the last one. */
  readonly recent: readonly string[];
}

export const START: Mark = { inode: 0, offset: 0, length: 0, recent: [] };

const REMEMBERED = 64;

export function hashOf(line: Buffer | string): string {
  return createHash('sha256').update(line).digest('hex').slice(0, 16);
}

export function moved(mark: Mark, inode: number, lines: readonly Buffer[]): Mark {
  if (lines.length === 0) return { ...mark, inode };
  const read = lines.reduce((sum, line) => sum + line.length + 1, 0);
  const recent = [...mark.recent, ...lines.slice(-REMEMBERED).map(hashOf)].slice(-REMEMBERED);
  return { inode, offset: mark.offset + read, length: (lines.at(-1)?.length ?? 0) + 1, recent };
}

/** The same place in a file that is another one now: after the newest line that was read and is in it, else at its start. */
export function foundIn(lines: readonly Buffer[], { recent }: Mark, inode: number): Mark {
  const hashes = lines.map(hashOf);
  for (const [index, hash] of [...recent.entries()].toReversed()) {
    const at = hashes.lastIndexOf(hash);
    if (at === -1) continue;
    const before = lines.slice(0, at + 1);
    return { ...moved({ ...START, inode }, inode, before), recent: recent.slice(0, index + 1) };
  }
  return { ...START, inode };
}

/** The whole lines of some bytes; what stands behind the last end of a line is not one yet. */
export function linesOf(bytes: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

/** Null for what is none. */
export function markIn(value: unknown): Mark | null {
  const { inode, offset, length, recent } = fields(value);
  if (typeof inode !== 'number' || typeof offset !== 'number' || typeof length !== 'number') return null;
  return { inode, offset, length, recent: list(recent).filter((hash) => typeof hash === 'string') };
}

// Reads a whole spool file: what is still to be sent, and which number each source would use next.

import type { Source, SourceEvent } from './contract.ts';
import { eventLine, parseLine, sourceLine } from './line.ts';
import type { Line } from './line.ts';

export interface Entry {
  readonly source: Source;
  readonly event: SourceEvent;
  /** With the source lines before it. */
  readonly bytes: number;
}

export interface Scan {
  readonly cursor: number;
  readonly source: Source | null;
  readonly entries: readonly Entry[];
  /** By source id. A torn line had a number too: it is skipped, so that no other event is taken for it. */
  readonly nextSeq: Map<string, number>;
}

export function scan(bytes: Buffer): Scan {
  const lines = split(bytes);
  const cursor = lines.reduce((done, { line }) => (line.kind === 'done' ? Math.max(done, line.offset) : done), 0);
  const entries: Entry[] = [];
  const nextSeq = new Map<string, number>();
  let source: Source | null = null;
  let atCursor: Source | null = null;
  let headingBytes = 0;
  for (const { line, start, end } of lines) {
    if (line.kind === 'source') {
      // Rewritten, one line is enough for events of the same source.
      if (JSON.stringify(line.source) !== JSON.stringify(source)) source = line.source;
      if (start < cursor) atCursor = source;
      headingBytes += end - start;
    }
    if (source === null) continue;
    const next = nextSeq.get(source.id) ?? 1;
    if (line.kind === 'torn') nextSeq.set(source.id, next + 1);
    if (line.kind !== 'event') continue;
    nextSeq.set(source.id, Math.max(next, line.event.seq + 1));
    if (start < cursor) continue;
    entries.push({ source, event: line.event, bytes: end - start + headingBytes });
    headingBytes = 0;
  }
  return { cursor: Math.min(cursor, bytes.length), source: atCursor, entries, nextSeq };
}

export function write(entries: readonly Entry[]): string {
  let text = '';
  let last: Source | null = null;
  for (const { source, event } of entries) {
    if (source !== last) text += sourceLine(source);
    text += eventLine(event);
    last = source;
  }
  return text;
}

interface Placed {
  readonly line: Line;
  readonly start: number;
  readonly end: number;
}

function split(bytes: Buffer): readonly Placed[] {
  const lines: Placed[] = [];
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline + 1;
    // A blank line only ends a torn one.
    if (end - start > 1) lines.push({ line: parseLine(bytes.toString('utf8', start, end)), start, end });
    start = end;
  }
  return lines;
}

// The queue of this process's own events: numbered and appended to a file the moment they happen, so that whatever kills
// OpenCode next, they are sent by the process after it. Without a disk they wait in memory.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Source, SourceEvent } from './contract.ts';
import { counted, Journal } from './journal.ts';
import type { Window } from './journal.ts';
import { MEMORY_EVENTS, SPOOL_BYTES, TRIMMED_BYTES } from './limits.ts';
import { eventLine, sourceLine } from './line.ts';
import type { Fact } from './normalise.ts';
import { scan, write } from './scan.ts';
import type { Entry } from './scan.ts';
import { trim } from './trim.ts';

/** Events that wait for the relay, in order. */
export interface Queue {
  readonly pending: number;
  next(maxEvents: number): Window | null;
}

export class Spool implements Queue {
  readonly #folder: string;
  readonly #file: string;
  #journal: Journal | null = null;
  #headed: Source | null = null;
  #memory: readonly Entry[] = [];
  #seq = 0;
  #onDisk = 0;
  #isClosed = false;

  constructor(folder: string, file: string) {
    this.#folder = folder;
    this.#file = file;
  }

  get pending(): number {
    return this.#onDisk + this.#memory.length;
  }

  get isFull(): boolean {
    return (this.#journal?.size ?? 0) > SPOOL_BYTES;
  }

  append(source: Source, fact: Fact): void {
    if (this.#isClosed) return;
    const event: SourceEvent = { seq: this.#takeSeq(), ...fact };
    // What waits in memory is older: it goes out first.
    if (this.#memory.length === 0 && this.#write(source, eventLine(event))) {
      this.#onDisk += 1;
      return;
    }
    this.#memory = [...this.#memory, { source, event, bytes: IN_MEMORY }];
    if (this.#memory.length > MEMORY_EVENTS) this.#trimMemory(Date.parse(event.time));
  }

  next(maxEvents: number): Window | null {
    const window = this.#onDisk > 0 ? (this.#journal?.next(maxEvents) ?? null) : null;
    if (window === null) {
      // A file that others emptied holds nothing, whatever was counted.
      this.#onDisk = 0;
      return this.#nextInMemory(maxEvents);
    }
    return counted(window, (events) => {
      this.#onDisk -= events;
    });
  }

  /** Drops what is too old or too much. It takes about a tenth of a second for a full file: never call it inside a hook. */
  trim(now: number): void {
    if (this.#isClosed || this.#journal === null || this.#onDisk === 0) return;
    const { entries } = scan(this.#journal.contents());
    const bounds = { now, limit: TRIMMED_BYTES, target: TRIMMED_BYTES, reason: 'size' } as const;
    const kept = trim(entries, bounds, () => this.#takeSeq());
    if (kept === entries && !this.isFull) return;
    this.#journal.replace(write(kept));
    this.#headed = null;
    this.#onDisk = kept.length;
  }

  /** Says that the owner lives. When another process took the file for a dead one's, a new one is begun. */
  touch(now: number): void {
    if (this.#journal === null || this.#journal.touch(now)) return;
    this.#journal.remove();
    this.#journal = null;
    this.#headed = null;
    this.#onDisk = 0;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // The disk may have come back, and nobody else can read our memory.
    for (const { source, event } of this.#memory) if (!this.#write(source, eventLine(event))) break;
    this.#memory = [];
    // Reading on steps over what is no event, so that a file without any goes.
    if (this.#onDisk === 0) this.#journal?.next(1);
    this.#journal?.close();
  }

  #takeSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  #write(source: Source, line: string): boolean {
    try {
      this.#journal ??= this.#open();
    } catch {
      return false;
    }
    const isHeaded = this.#headed === source && this.#journal.size > 0;
    if (!this.#journal.write(isHeaded ? line : sourceLine(source) + line)) return false;
    this.#headed = source;
    return true;
  }

  #open(): Journal {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    return new Journal(join(this.#folder, this.#file));
  }

  #nextInMemory(maxEvents: number): Window | null {
    const source = this.#memory[0]?.source;
    if (source === undefined) return null;
    const events: SourceEvent[] = [];
    for (const entry of this.#memory) {
      if (entry.source !== source || events.length >= maxEvents) break;
      events.push(entry.event);
    }
    const sent = new Set(events);
    const finish = (): boolean => {
      this.#memory = this.#memory.filter(({ event }) => !sent.has(event));
      return true;
    };
    return { source, events, finish };
  }

  #trimMemory(now: number): void {
    const target = MEMORY_EVENTS * 0.75;
    const kept = trim(this.#memory, { now, limit: target, target, reason: 'size' }, () => this.#takeSeq());
    this.#memory = kept.map(({ source, event }) => ({ source, event, bytes: IN_MEMORY }));
  }
}

/** In memory each event counts as one: the bound there is a number of events. */
const IN_MEMORY = 1;

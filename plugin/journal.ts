// One spool file: appended to, read from the front, and cut to nothing whenever all of it is done. All calls are
// synchronous and small, so no reader ever meets a half-written state; nothing is flushed to the platter, for a lost
// second after a power cut is not worth a wait in somebody's session.

import * as fs from 'node:fs';

import type { Source, SourceEvent } from './contract.ts';
import { BATCH_BYTES } from './limits.ts';
import { doneLine, parseLine } from './line.ts';

/** The next events to send: all of one source record, as a batch has one. */
export interface Window {
  readonly source: Source;
  readonly events: readonly SourceEvent[];
  /** Call it when the relay has these, or when they were given up. False when the spool was rewritten in between. */
  readonly finish: () => boolean;
}

/** Tells `count` how many events are done with the window. */
export function counted(window: Window, count: (events: number) => void): Window {
  const finish = (): boolean => {
    const isFinished = window.finish();
    if (isFinished) count(window.events.length);
    return isFinished;
  };
  return { ...window, finish };
}

export class Journal {
  readonly path: string;
  #fd: number;
  #size: number;
  #cursor = 0;
  #source: Source | null = null;
  #generation = 0;
  /** The file ends in a piece of a line, which must not swallow the next one. */
  #isRagged = false;

  /** Throws when the file cannot be opened. */
  constructor(path: string) {
    this.path = path;
    this.#fd = fs.openSync(path, 'a+', 0o600);
    this.#size = fs.fstatSync(this.#fd).size;
  }

  get size(): number {
    return this.#size;
  }

  /** Goes to where the last owner stopped. */
  resume(cursor: number, source: Source | null): void {
    this.#cursor = cursor;
    this.#source = source;
    this.#isRagged = this.#size > 0 && this.#read(this.#size - 1, 1)[0] !== NEWLINE;
  }

  get isDone(): boolean {
    return this.#cursor >= this.#size;
  }

  /** False when the disk did not take all of it; then none of it is there. */
  write(text: string): boolean {
    const bytes = Buffer.from(this.#isRagged ? `\n${text}` : text);
    try {
      if (fs.writeSync(this.#fd, bytes) === bytes.length) {
        this.#size += bytes.length;
        this.#isRagged = false;
        return true;
      }
    } catch {
      // A full or vanished disk: the caller keeps the event in memory.
    }
    this.#cutBack();
    return false;
  }

  next(maxEvents: number): Window | null {
    while (this.#cursor < this.#size) {
      const window = this.#readWindow(maxEvents);
      if (window !== null) return window;
    }
    this.#clear();
    return null;
  }

  /** The whole file, with what is done. */
  contents(): Buffer {
    return this.#read(0, this.#size);
  }

  /** Puts other contents in the place of the file, in one step; windows handed out before are void. */
  replace(text: string): void {
    if (this.#fd === CLOSED) return;
    const draft = `${this.path}.tmp`;
    fs.writeFileSync(draft, text, { mode: 0o600 });
    const fd = fs.openSync(draft, 'a+');
    fs.renameSync(draft, this.path);
    fs.closeSync(this.#fd);
    this.#fd = fd;
    this.#size = fs.fstatSync(this.#fd).size;
    this.#cursor = 0;
    this.#source = null;
    this.#isRagged = false;
    this.#generation += 1;
  }

  /** Tells other processes that the owner lives. False when the file is not there any more. */
  touch(now: number): boolean {
    if (this.#fd === CLOSED) return true;
    try {
      fs.utimesSync(this.path, now / 1000, now / 1000);
    } catch (error) {
      // A disk that is full, busy or read-only for a while has the file all the same.
      return (error as NodeJS.ErrnoException).code !== 'ENOENT';
    }
    return true;
  }

  /** Closes, and leaves no file behind when nothing is left to send. Whatever is called later does nothing. */
  close(): void {
    if (this.isDone) this.remove();
    else this.#release();
  }

  remove(): void {
    if (this.#fd === CLOSED) return;
    this.#release();
    try {
      fs.unlinkSync(this.path);
    } catch {
      // Somebody cleaned up before us.
    }
  }

  /** The system gives the number to the next file that is opened: an answer that comes late must not find it here. */
  #release(): void {
    if (this.#fd === CLOSED) return;
    fs.closeSync(this.#fd);
    this.#fd = CLOSED;
    this.#size = 0;
    this.#cursor = 0;
    this.#generation += 1;
  }

  #readWindow(maxEvents: number): Window | null {
    const bytes = this.#read(this.#cursor, Math.min(BATCH_BYTES, this.#size - this.#cursor));
    const events: SourceEvent[] = [];
    let source = this.#source;
    let at = 0;
    // Somebody else cut the file.
    if (bytes.length === 0) this.#size = this.#cursor;
    while (at < bytes.length && events.length < maxEvents) {
      const newline = bytes.indexOf(NEWLINE, at);
      // The chunk's last line goes on in the next one; a chunk without any newline is no line of ours.
      if (newline === -1 && at > 0 && this.#cursor + bytes.length < this.#size) break;
      const end = newline === -1 ? bytes.length : newline + 1;
      const line = parseLine(bytes.toString('utf8', at, end));
      if (line.kind === 'source') {
        if (events.length > 0) break;
        source = line.source;
      }
      if (line.kind === 'event' && source !== null) events.push(line.event);
      at = end;
    }
    const generation = this.#generation;
    const cursor = this.#cursor + at;
    const finish = (): boolean => {
      if (generation !== this.#generation || cursor <= this.#cursor) return false;
      this.#cursor = cursor;
      this.#source = source;
      if (this.isDone) this.#clear();
      else this.write(doneLine(cursor));
      return true;
    };
    if (events.length > 0 && source !== null) return { source, events, finish };
    this.#cursor = cursor;
    this.#source = source;
    return null;
  }

  #read(from: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.max(0, length));
    let read = 0;
    while (read < bytes.length) {
      const count = fs.readSync(this.#fd, bytes, read, bytes.length - read, from + read);
      if (count === 0) break;
      read += count;
    }
    return bytes.subarray(0, read);
  }

  #clear(): void {
    if (this.#size === 0) return;
    try {
      fs.ftruncateSync(this.#fd, 0);
      this.#size = 0;
      this.#cursor = 0;
      this.#source = null;
      this.#isRagged = false;
      this.#generation += 1;
    } catch {
      // It stays as it is, with the cursor at its end.
    }
  }

  #cutBack(): void {
    try {
      fs.ftruncateSync(this.#fd, this.#size);
      return;
    } catch {
      // The torn line stays; readers step over it.
      this.#isRagged = true;
    }
    try {
      this.#size = fs.fstatSync(this.#fd).size;
    } catch {
      // The descriptor is gone; the size stays what was last known.
    }
  }
}

const NEWLINE = 10;
const CLOSED = -1;

// The queue of a spool that another process left: read once, trimmed when it must be, sent to its end.

import type { Source } from './contract.ts';
import { counted } from './journal.ts';
import type { Journal, Window } from './journal.ts';
import { scan, write } from './scan.ts';
import type { Scan } from './scan.ts';
import type { Queue } from './spool.ts';
import { trim } from './trim.ts';
import type { Bounds } from './trim.ts';

export class Inherited implements Queue {
  readonly source: string;
  readonly #journal: Journal;
  #pending = 0;

  /** The journal's file must be this process's by name already. */
  constructor(source: string, journal: Journal) {
    this.source = source;
    this.#journal = journal;
  }

  get pending(): number {
    return this.#pending;
  }

  /** Reads how far the last owner came and drops what is over the bounds. */
  open(bounds: Bounds, more: readonly Journal[] = []): void {
    const scans = [this.#journal, ...more].map((journal) => scan(journal.contents()));
    const entries = scans.flatMap((one) => one.entries);
    const kept = trim(entries, bounds, (source) => takeSeq(scans, source));
    const [own] = scans;
    if (kept === entries && more.length === 0) this.#journal.resume(own?.cursor ?? 0, own?.source ?? null);
    else this.#journal.replace(write(kept));
    for (const journal of more) journal.remove();
    this.#pending = kept.length;
  }

  next(maxEvents: number): Window | null {
    const window = this.#pending > 0 ? this.#journal.next(maxEvents) : null;
    if (window === null) {
      this.#pending = 0;
      return null;
    }
    return counted(window, (events) => {
      this.#pending -= events;
    });
  }

  /** Says that the owner lives. What another process took for a dead one's is that one's. */
  touch(now: number): void {
    if (this.#journal.touch(now)) return;
    this.#journal.remove();
    this.#pending = 0;
  }

  /** What is not sent yet stays for the next process. */
  close(): void {
    if (this.#pending === 0) this.#journal.remove();
    else this.#journal.close();
  }
}

function takeSeq(scans: readonly Scan[], source: Source): number {
  const seq = Math.max(1, ...scans.map((one) => one.nextSeq.get(source.id) ?? 1));
  for (const one of scans) one.nextSeq.set(source.id, seq + 1);
  return seq;
}

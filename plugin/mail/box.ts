// What the relay lent us, until a model has had it: it waits for a session's next turn, is then placed before its model, and done with
// once an answer was made from it. No clock, no network.

import { Bounded } from '../bounded.ts';
import type { Letter } from './letter.ts';

/** What a lease brought: what is new here, and what a model has had already, as it was not acknowledged in time. */
interface Stocked {
  readonly fresh: readonly Letter[];
  readonly known: readonly Letter[];
}

export class Box {
  readonly #waiting = new Map<string, Letter>();
  /** By session, what was put before its model and may not have been read. */
  readonly #placed = new Bounded<string, Map<string, Letter>>(SESSIONS);
  readonly #seen = new Bounded<string, 'here' | 'done'>(REMEMBERED);
  /** Until then nobody else is lent what waits here. */
  #until = 0;

  isFull(now: number): boolean {
    return this.#waiting.size >= HELD && now < this.#until;
  }

  /** Whether a model has had all that was lent. */
  isEmpty(): boolean {
    return this.#waiting.size === 0 && [...this.#placed.values()].every(({ size }) => size === 0);
  }

  /** Any of them that is for the asking. */
  has(isAsked: (letter: Letter) => boolean): boolean {
    return [...this.#waiting.values()].some(isAsked);
  }

  /** What lies in a session whose model never answered is to be had by others again once its lease has ended. */
  stock(letters: readonly Letter[], until: number): Stocked {
    const known = letters.filter(({ id }) => this.#seen.get(id) === 'done');
    const fresh = letters.filter(({ id }) => this.#seen.get(id) === undefined);
    for (const letter of letters) {
      if (known.includes(letter)) continue;
      this.#seen.set(letter.id, 'here');
      this.#waiting.set(letter.id, letter);
    }
    if (letters.length > 0) this.#until = until;
    return { fresh, known };
  }

  /** Once the lease has ended and the relay says that nothing waits, somebody else has had it. */
  dropLapsed(now: number): void {
    if (now >= this.#until) this.#waiting.clear();
  }

  /** Gives what a session is to be told, once, and takes it for told. */
  place(session: string, isAsked: (letter: Letter) => boolean): readonly Letter[] {
    const placed = this.#placed.get(session) ?? new Map<string, Letter>();
    const letters = [...this.#waiting.values()].filter(
      (letter) => isFor(letter, session) && isAsked(letter) && !placed.has(letter.id),
    );
    for (const letter of letters) {
      this.#waiting.delete(letter.id);
      placed.set(letter.id, letter);
    }
    if (letters.length > 0) this.#placed.set(session, placed);
    return letters;
  }

  /** What a session's model has been told and may not have read. */
  placedIn(session: string): readonly Letter[] {
    return [...(this.#placed.get(session)?.values() ?? [])];
  }

  /** A model has had it. */
  finish(ids: readonly string[]): void {
    for (const id of ids) {
      this.#seen.set(id, 'done');
      this.#waiting.delete(id);
      for (const placed of this.#placed.values()) placed.delete(id);
    }
  }
}

/** So many are asked for at once and kept. */
export const HELD = 10;
const SESSIONS = 100;
const REMEMBERED = 1_000;

/** Mail to one session is nobody else's. */
function isFor({ addresses }: Letter, session: string): boolean {
  return addresses.some((address) => !address.startsWith('session:') || address === `session:${session}`);
}

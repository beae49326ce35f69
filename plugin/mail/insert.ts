// Mail in the middle of a turn, where no prompt of the user's can carry it: a message of its own among those of a request. It lies in
// no history, so each later request is given it again, at the same place: what stands before it is the same, also for the
// provider's cache.

import { randomUUID } from 'node:crypto';

import { Bounded } from '../bounded.ts';
import type { Letter } from './letter.ts';
import { syntheticPart } from './part.ts';
import type { Told } from './part.ts';
import { markOf, wrapLetters } from './wrap.ts';

export interface Insertions {
  /** Puts in again what was put in before, for as long as what it stood beside is there. */
  readonly restore: (session: string, messages: Told[]) => void;
  readonly add: (session: string, messages: Told[], letters: readonly Letter[]) => void;
}

interface Insertion {
  readonly beside: string;
  /** A prompt stays the last word: mail comes before it, and behind whatever else is last. */
  readonly isBefore: boolean;
  readonly message: Told;
}

export function openInsertions(now: () => number): Insertions {
  const kept = new Bounded<string, readonly Insertion[]>(SESSIONS);
  return {
    restore(session, messages) {
      const before = kept.get(session) ?? [];
      const still = before.filter(({ beside }) => messages.some(({ info }) => info.id === beside));
      for (const insertion of still) insert(messages, insertion, still);
      if (before.length > 0) kept.set(session, still);
    },
    add(session, messages, letters) {
      const before = kept.get(session) ?? [];
      const own = messages
        .map(({ info }) => info)
        .filter((info) => !before.some(({ message }) => message.info === info));
      const last = own.at(-1);
      const user = own.findLast((info) => info.role === 'user');
      if (last === undefined || user === undefined) return;
      const info = { ...user, id: `msg_${randomUUID()}` };
      const message = { info, parts: [syntheticPart(info, wrapLetters(letters), now())] };
      const insertion = { beside: last.id, isBefore: last === user, message };
      insert(messages, insertion, before);
      kept.set(session, [...before, insertion]);
    },
  };
}

const SESSIONS = 100;

/** Of two behind the same message, the later one comes later. */
function insert(messages: Told[], { beside, isBefore, message }: Insertion, before: readonly Insertion[]): void {
  let at = messages.findIndex(({ info }) => info.id === beside);
  if (!isBefore)
    do at += 1;
    while (before.some((other) => other.message === messages[at]));
  messages.splice(at, 0, message);
}

/** Of what was placed, what is in no message: it was compacted away or reverted, or came too late for the prompt. */
export function missingIn(messages: readonly Told[], letters: readonly Letter[]): readonly Letter[] {
  if (letters.length === 0) return letters;
  const texts = messages.flatMap(({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : '')));
  return letters.filter(({ id }) => !texts.some((text) => text.includes(markOf(id))));
}

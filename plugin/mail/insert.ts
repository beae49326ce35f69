// Mail in the middle of a turn, where no prompt of the user's can carry it: a message of its own behind the last one of a request. It
// lies in no history, so each later request is given it again, at the same place: what stands before it is the same, also for the
// provider's cache. Never before a prompt: OpenCode makes a session's title of what stands there, of the very same array.

import { randomUUID } from 'node:crypto';

import { Bounded } from '../bounded.ts';
import type { Letter } from './letter.ts';
import { syntheticPart } from './part.ts';
import type { Told } from './part.ts';
import { markOf, wrapLetters } from './wrap.ts';

export interface Insertions {
  /** Puts in again what was put in before, for as long as what it stood behind is there. */
  readonly restore: (session: string, messages: Told[]) => void;
  readonly add: (session: string, messages: Told[], letters: readonly Letter[]) => void;
}

interface Insertion {
  /** May be another insertion's message. */
  readonly behind: string;
  readonly message: Told;
}

export function openInsertions(now: () => number): Insertions {
  const kept = new Bounded<string, readonly Insertion[]>(SESSIONS);
  return {
    restore(session, messages) {
      const before = kept.get(session) ?? [];
      const still = before.filter(({ behind, message }) => {
        const at = messages.findIndex(({ info }) => info.id === behind);
        if (at >= 0) messages.splice(at + 1, 0, message);
        return at >= 0;
      });
      if (before.length > 0) kept.set(session, still);
    },
    add(session, messages, letters) {
      const last = messages.at(-1)?.info;
      const user = messages.findLast(({ info }) => info.role === 'user')?.info;
      if (last === undefined || user?.role !== 'user') return;
      const info = { ...user, id: `msg_${randomUUID()}` };
      const message = { info, parts: [syntheticPart(info, wrapLetters(letters), now())] };
      messages.push(message);
      kept.set(session, [...(kept.get(session) ?? []), { behind: last.id, message }]);
    },
  };
}

const SESSIONS = 100;

/** Of what was placed, what is in no message: it was compacted away or reverted, or came too late for the prompt. */
export function missingIn(messages: readonly Told[], letters: readonly Letter[]): readonly Letter[] {
  if (letters.length === 0) return letters;
  const texts = messages.flatMap(({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : '')));
  return letters.filter(({ id }) => !texts.some((text) => text.includes(markOf(id))));
}

// Which sessions are a person's or an agent's own, and which were started by another as its sub-agent: those are told of no mail. And
// which have no title yet: a small model makes it from all that the first prompt holds.

import { Bounded } from '../bounded.ts';
import { fields } from '../field.ts';
import type { Fields } from '../field.ts';

/** Of OpenCode's client, what tells of a session that was there before us. */
export interface Sessions {
  readonly get: (options: { readonly path: { readonly id: string } }) => Promise<unknown>;
}

interface Member {
  readonly id: string;
  readonly isRoot: boolean;
  readonly isUntitled: boolean;
}

export interface Family {
  /** Takes the properties of an event that describes a session. */
  readonly hear: (properties: Fields) => void;
  /** False also where nobody tells in time: the mail waits for the next turn. */
  readonly isRoot: (id: string) => Promise<boolean>;
  /** Whether OpenCode may yet ask for one. */
  readonly isUntitled: (id: string) => boolean;
  /** Those heard of last. */
  readonly roots: () => readonly string[];
}

export function openFamily(sessions: Sessions | undefined): Family {
  const known = new Bounded<string, Member>(SESSIONS);

  function learn(info: Fields): void {
    const { id, parentID, title } = info;
    // OpenCode's own word for a session without a title, with the time of its making.
    const isUntitled = typeof title === 'string' && title.startsWith('New session - ');
    if (typeof id === 'string') known.set(id, { id, isRoot: !parentID, isUntitled });
  }

  async function ask(id: string): Promise<void> {
    learn(fields(fields(await sessions?.get({ path: { id } })).data));
  }

  return {
    hear: ({ info }) => learn(fields(info)),
    async isRoot(id) {
      // It is asked in this process, not over a network.
      if (known.get(id) === undefined) await Promise.race([ask(id).catch(() => null), soon()]);
      return known.get(id)?.isRoot ?? false;
    },
    isUntitled: (id) => known.get(id)?.isUntitled === true,
    roots: () =>
      [...known.values()]
        .filter(({ isRoot }) => isRoot)
        .slice(-RECENT)
        .map(({ id }) => id),
  };
}

const SESSIONS = 1_000;
const RECENT = 10;
const PATIENCE_MS = 20;

function soon(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, PATIENCE_MS).unref();
  });
}

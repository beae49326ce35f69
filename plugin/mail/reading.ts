// Whether a model has read what was placed before it: which mail each request holds, and whether an answer came of it.

import { Bounded } from '../bounded.ts';
import { fields } from '../field.ts';
import type { Fields } from '../field.ts';
import type { Letter } from './letter.ts';

export interface Reading {
  /** The messages of a session's next request hold these. */
  readonly hold: (session: string, letters: readonly Letter[]) => void;
  /** A request is about to be sent. */
  readonly ask: (request: unknown) => void;
  /** Takes the properties of OpenCode's `message.updated`; answers with what that message was made from. */
  readonly hear: (properties: Fields) => readonly Letter[];
}

interface Request {
  readonly parent: unknown;
  readonly startedAt: number;
  readonly letters: readonly Letter[];
}

export function openReading(now: () => number): Reading {
  const held = new Bounded<string, readonly Letter[]>(SESSIONS);
  const asked = new Bounded<string, Request>(SESSIONS);
  return {
    hold(session, letters) {
      held.delete(session);
      if (letters.length > 0) held.set(session, letters);
    },
    ask(request) {
      const { sessionID: session, agent, message } = fields(request);
      // A title or a summary is asked for beside the session's turns, of other messages.
      if (typeof session !== 'string' || agent === 'title' || agent === 'compaction') return;
      const letters = held.get(session);
      if (letters !== undefined) asked.set(session, { parent: fields(message).id, startedAt: now(), letters });
    },
    hear({ sessionID: session, info }) {
      const request = typeof session === 'string' ? asked.get(session) : undefined;
      if (request === undefined || !isAnswer(fields(info), request)) return NONE;
      asked.delete(session as string);
      return request.letters;
    },
  };
}

const SESSIONS = 100;
const NONE: readonly Letter[] = [];

/** A turn has several requests under one message of the user's, and what failed or was aborted has no finish. */
function isAnswer({ role, parentID, time, finish, error, summary }: Fields, { parent, startedAt }: Request): boolean {
  const { completed } = fields(time);
  const isWhole = typeof finish === 'string' && finish !== 'error' && (error ?? null) === null;
  const isIts = parentID === parent && typeof completed === 'number' && completed >= startedAt;
  return role === 'assistant' && summary !== true && isWhole && isIts;
}

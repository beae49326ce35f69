// Whether a model has read what was placed in a session: what each request to it holds, and whether an answer came of it.

import { Bounded } from '../bounded.ts';
import { fields, list } from '../field.ts';
import type { Fields } from '../field.ts';
import type { Box } from './box.ts';
import type { Letter } from './letter.ts';
import { markOf } from './wrap.ts';

export interface Reading {
  /** Looks through the messages that a session's next request is made of. */
  readonly look: (messages: unknown) => void;
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

export function openReading(box: Box, now: () => number): Reading {
  const looked = new Bounded<string, readonly Letter[]>(SESSIONS);
  const asked = new Bounded<string, Request>(SESSIONS);
  return {
    look(messages) {
      const session = fields(fields(list(messages)[0]).info).sessionID;
      if (typeof session !== 'string') return;
      const placed = box.placedIn(session);
      looked.delete(session);
      if (placed.length === 0) return;
      const texts = list(messages).flatMap((message) => list(fields(message).parts).map(textOf));
      const found = placed.filter(({ id }) => texts.some((text) => text.includes(markOf(id))));
      looked.set(session, found);
    },
    ask(request) {
      const { sessionID: session, agent, message } = fields(request);
      if (typeof session !== 'string' || ASIDE.has(agent)) return;
      const letters = looked.get(session);
      if (letters === undefined) return;
      asked.set(session, { parent: fields(message).id, startedAt: now(), letters });
      const missing = box.placedIn(session).filter((letter) => !letters.includes(letter));
      box.putBack(session, missing);
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
/** Agents of OpenCode's own whose requests are no part of the session's turns: a compaction leaves out what a title has. */
const ASIDE = new Set<unknown>(['title', 'compaction']);

/** A turn has several requests under one message of the user's, and what failed or was aborted has no finish. */
function isAnswer({ role, parentID, time, finish, error, summary }: Fields, { parent, startedAt }: Request): boolean {
  const { completed } = fields(time);
  const isWhole = typeof finish === 'string' && finish !== 'error' && (error ?? null) === null;
  const isIts = parentID === parent && typeof completed === 'number' && completed >= startedAt;
  return role === 'assistant' && summary !== true && isWhole && isIts;
}

function textOf(part: unknown): string {
  const { text, state } = fields(part);
  const said = text ?? fields(state).output;
  return typeof said === 'string' ? said : '';
}

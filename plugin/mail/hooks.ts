// The hooks that put mail before a model: with the user's next prompt, or between two requests of a turn where no prompt will come or
// somebody calls it urgent. An error in one of them would end the prompt, so none leaves here.

import type { Hooks } from '@opencode-ai/plugin';

import { fields } from '../field.ts';
import type { Log } from '../log.ts';
import type { Box } from './box.ts';
import type { Collect } from './collect.ts';
import type { Family } from './family.ts';
import { missingIn } from './insert.ts';
import type { Insertions } from './insert.ts';
import type { Letter } from './letter.ts';
import { syntheticPart } from './part.ts';
import type { Reading } from './reading.ts';
import { wrapLetters } from './wrap.ts';

/** The plugin's hooks without mail. */
export type Base = Required<Pick<Hooks, 'event' | 'chat.params' | 'dispose'>>;

interface Parts {
  readonly box: Box;
  readonly family: Family;
  readonly reading: Reading;
  readonly insertions: Insertions;
  readonly collect: Collect;
  /** `opencode run` ends with its first turn. */
  readonly isOneTurn: boolean;
  readonly log: Log;
}

export function delivering(hooks: Base, parts: Parts): Hooks {
  const { box, family, reading, insertions, collect, isOneTurn, log } = parts;
  /** Sessions whose next request is for a summary, which is made of other messages than the next turn. */
  const compacting = new Set<string>();

  async function safely(work: () => unknown): Promise<void> {
    try {
      await work();
    } catch (error) {
      log('error', `mail met a bug: ${String(error)}`);
    }
  }

  async function take(session: string, isAsked: (letter: Letter) => boolean): Promise<readonly Letter[]> {
    return box.has(isAsked) && (await family.isRoot(session)) ? box.place(session, isAsked) : [];
  }

  return {
    ...hooks,
    event(input) {
      const settled = hooks.event(input);
      void safely(() => {
        const { type, properties } = fields(input.event);
        if (type === 'session.created' || type === 'session.updated') family.hear(fields(properties));
        if (type === 'message.part.updated' && isRunning(fields(properties).part)) collect.work();
        if (type !== 'message.updated') return;
        const read = reading.hear(fields(properties));
        box.finish(read.map(({ id }) => id));
        collect.acknowledge(read);
      });
      return settled;
    },
    'chat.message': ({ sessionID }, output) =>
      safely(async () => {
        const letters = await take(sessionID, () => true);
        // What is placed and not in the prompt is put into the request alone: whoever makes the title does not see it.
        if (letters.length === 0 || family.isUntitled(sessionID)) return;
        output.parts.push(syntheticPart(output.message, wrapLetters(letters), Date.now()));
      }),
    'experimental.session.compacting': async ({ sessionID }) => void compacting.add(sessionID),
    'experimental.chat.messages.transform': (_, { messages }) =>
      safely(async () => {
        const session = messages[0]?.info.sessionID;
        if (session === undefined || compacting.has(session)) return;
        insertions.restore(session, messages);
        await take(session, ({ priority }) => isOneTurn || priority === 'urgent');
        const placed = box.placedIn(session);
        const missing = missingIn(messages, placed);
        if (missing.length > 0) insertions.add(session, messages, missing);
        reading.hold(session, placed);
      }),
    async 'chat.params'(input, output) {
      await hooks['chat.params'](input, output);
      compacting.delete(input.sessionID);
      await safely(() => reading.ask(input));
    },
  };
}

function isRunning(part: unknown): boolean {
  return fields(fields(part).state).status === 'running';
}

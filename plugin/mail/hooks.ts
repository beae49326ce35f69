// The hooks that put mail before a model: with the user's next prompt, or into a tool's result where no prompt will come or somebody
// calls it urgent. An error in one of them would end the prompt, so none leaves here.

import type { Hooks } from '@opencode-ai/plugin';

import { fields } from '../field.ts';
import type { Log } from '../log.ts';
import type { Box } from './box.ts';
import type { Collect } from './collect.ts';
import type { Family } from './family.ts';
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
  readonly collect: Collect;
  /** `opencode run` ends with its first turn. */
  readonly isOneTurn: boolean;
  readonly log: Log;
}

export function delivering(hooks: Base, { box, family, reading, collect, isOneTurn, log }: Parts): Hooks {
  /** Also waits for what was asked of OpenCode itself, and for nothing else. */
  async function safely(work: () => unknown): Promise<void> {
    try {
      await work();
    } catch (error) {
      log('error', `mail met a bug: ${String(error)}`);
    }
  }

  async function take(session: string, isAsked: (letter: Letter) => boolean): Promise<string | null> {
    if (!box.has(isAsked) || !(await family.isRoot(session))) return null;
    const letters = box.place(session, isAsked);
    return letters.length === 0 ? null : wrapLetters(letters);
  }

  return {
    ...hooks,
    event(input) {
      const settled = hooks.event(input);
      void safely(() => {
        const { type, properties } = fields(input.event);
        if (type === 'session.created' || type === 'session.updated') family.hear(fields(properties));
        if (type !== 'message.updated') return;
        const read = reading.hear(fields(properties));
        box.finish(read.map(({ id }) => id));
        collect.acknowledge(read);
      });
      return settled;
    },
    'chat.message': ({ sessionID }, { message, parts }) =>
      safely(async () => {
        const text = await take(sessionID, () => true);
        if (text !== null) parts.push(syntheticPart(message, text, Date.now()));
      }),
    'tool.execute.after': ({ sessionID }, result) =>
      safely(async () => {
        // Tools of other servers answer in another shape.
        if (typeof result.output !== 'string') return;
        const text = await take(sessionID, ({ priority }) => isOneTurn || priority === 'urgent');
        if (text !== null) result.output += `\n\n${text}`;
      }),
    'experimental.chat.messages.transform': (_, { messages }) => safely(() => reading.look(messages)),
    async 'chat.params'(input, output) {
      await hooks['chat.params'](input, output);
      await safely(() => reading.ask(input));
    },
  };
}

// What OpenCode does with its hooks in a turn.

import type { Told } from '../../../plugin/mail/part.ts';
import type { Loaded } from '../opencode.ts';

/** A prompt of the user's; answers with what was put into it. */
export async function send({ hooks }: Loaded, sessionID = 's1'): Promise<readonly { readonly text?: string }[]> {
  const output = { message: { id: 'user_1', sessionID }, parts: [] };
  await hooks['chat.message']?.({ sessionID }, output as never);
  return output.parts;
}

/** A request to the model; answers with what it holds. */
export async function request({ hooks }: Loaded, messages: Told[]): Promise<Told[]> {
  await hooks['experimental.chat.messages.transform']?.({}, { messages });
  const input = { sessionID: 's1', agent: 'build', message: { id: 'user_1' } };
  await hooks['chat.params']?.(input as never, {} as never);
  return messages;
}

/** The model's, whole. */
export function answer({ publish }: Loaded): void {
  const time = { created: 1, completed: Date.now() + 1 };
  publish('message.updated', {
    sessionID: 's1',
    info: { role: 'assistant', parentID: 'user_1', finish: 'stop', time },
  });
}

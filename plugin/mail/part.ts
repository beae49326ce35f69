// A part of a user's message, as OpenCode keeps it.

import { randomUUID } from 'node:crypto';

import type { Hooks } from '@opencode-ai/plugin';

type Output<T extends keyof Hooks> =
  NonNullable<Hooks[T]> extends (input: never, output: infer O) => unknown ? O : never;

/** As OpenCode shows the messages of a request to its hooks. */
export type Told = Output<'experimental.chat.messages.transform'>['messages'][number];
type UserMessage = Output<'chat.message'>['message'];

/** Parts are ordered by their ids, of which the first 12 hex digits are (epoch milliseconds × 4096 + counter) mod 2^48: ours is last. */
export function syntheticPart({ id, sessionID }: UserMessage, text: string, now: number): Told['parts'][number] {
  const time = ((now * 4_096 + 4_095) % 2 ** 48).toString(16).padStart(12, '0');
  const chance = randomUUID().replaceAll('-', '').slice(0, 14);
  return { id: `prt_${time}${chance}`, sessionID, messageID: id, type: 'text', synthetic: true, text };
}

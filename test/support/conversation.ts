// A person at `opencode serve`: prompts through the SDK, and knows when the server has come to rest.

import type { OpenCodeServer } from './opencode.ts';
import type { ModelId } from './prices.ts';
import type { RawEvent } from './tracer.ts';
import { until } from './until.ts';

export interface Conversation {
  readonly id: string;
  /** Resolves when the turn is over. */
  prompt(text: string, model?: ModelId): Promise<void>;
  /** Messages in order: ids and roles. */
  messages(): Promise<readonly { readonly id: string; readonly role: string }[]>;
  /** This session's events so far. */
  trace(): RawEvent[];
}

const provider = 'fake';

export async function startConversation({ client, child }: OpenCodeServer, title?: string): Promise<Conversation> {
  const body = title === undefined ? {} : { title };
  const { data } = await client.session.create({ body, throwOnError: true });
  return converse({ client, child }, data.id);
}

export function converse({ client, child }: Pick<OpenCodeServer, 'client' | 'child'>, id: string): Conversation {
  const trace = (): RawEvent[] => child.trace().filter(({ properties }) => properties.sessionID === id);
  const idles = (): number => trace().filter(({ type }) => type === 'session.idle').length;
  return {
    id,
    trace,
    prompt: async (text, model = 'fake-model') => {
      const before = idles();
      await client.session.prompt({
        path: { id },
        body: { model: { providerID: provider, modelID: model }, parts: [{ type: 'text', text }] },
        throwOnError: true,
      });
      await until('the turn to end', () => idles() > before);
    },
    messages: async () => {
      const { data } = await client.session.messages({ path: { id }, throwOnError: true });
      return data.map(({ info }) => ({ id: info.id, role: info.role }));
    },
  };
}

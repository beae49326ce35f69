// An editor that drives `opencode acp`: JSON-RPC, a message a line, over its standard streams.

import type { OpenCode, Witnessed } from './opencode.ts';
import { until } from './until.ts';

export interface Editor {
  /** Resolves when the turn is over. */
  prompt(text: string): Promise<void>;
  readonly child: Witnessed;
}

export async function startEditor(opencode: OpenCode): Promise<Editor> {
  const child = opencode.start(['acp'], { keepInput: true });
  let last = 0;
  const call = async (method: string, params: object): Promise<Record<string, unknown>> => {
    last += 1;
    const id = last;
    child.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    const answer = await until(`an answer to ${method}`, () => answers(child.stdout()).find((one) => one.id === id));
    if (answer.result === undefined) throw new Error(`${method} answered ${JSON.stringify(answer)}`);
    return answer.result;
  };
  await call('initialize', { protocolVersion: 1, clientCapabilities: {} });
  const { sessionId } = await call('session/new', { cwd: opencode.project, mcpServers: [] });
  return {
    child,
    prompt: async (text) => {
      await call('session/prompt', { sessionId, prompt: [{ type: 'text', text }] });
    },
  };
}

interface Answer {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
}

/** What is not a whole line yet is not read yet. */
function answers(output: string): Answer[] {
  const lines = output.split('\n').slice(0, -1);
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Answer);
}

// An OpenAI-compatible streaming model on loopback. The prompt says what it does (step.ts); what it charged for each call is
// on the invoice, which is the truth that the ledger is compared with.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { close, listen } from './listen.ts';
import { costNano, isModelId, type ModelId, type Usage } from './prices.ts';
import { stepOf, type Step } from './step.ts';

export interface Call {
  readonly model: ModelId;
  /** A title belongs to no message, so no event ever carries what it cost. */
  readonly kind: 'chat' | 'title' | 'compaction';
  readonly status: number;
  readonly usage: Usage | null;
  readonly costNano: bigint;
  /** What it was asked, as it came. */
  readonly request: ChatRequest;
}

export interface FakeModel {
  readonly url: URL;
  readonly calls: readonly Call[];
  /** Answers that are on their way right now. */
  streaming(): number;
  /** What the calls of this kind cost together. */
  costNano(kind?: Call['kind']): bigint;
  close(): Promise<void>;
}

interface Message {
  readonly role: string;
  readonly content?: string | readonly { readonly text?: string }[] | null;
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly tools?: readonly { readonly function: { readonly name: string; readonly parameters: object } }[];
}

export async function startFakeModel(): Promise<FakeModel> {
  const calls: Call[] = [];
  const failures = new Map<string, number>();
  let streaming = 0;
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(new Error(String(error))));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await json(request)) as ChatRequest;
    const model = body.model;
    if (!isModelId(model)) throw new Error(`no such model: ${model}`);
    const kind = kindOf(body.messages);
    const step = plan(body.messages, kind, calls.length);
    const usage = 'usage' in step && step.usage !== undefined ? step.usage : usageOf(kind, calls.length);
    const note = (status: number, used: Usage | null): void => {
      calls.push({
        model,
        kind,
        status,
        usage: used,
        costNano: used === null ? 0n : costNano(model, used),
        request: body,
      });
    };
    switch (step.kind) {
      case 'hang':
        return note(200, null);
      case 'fail':
        note(step.status, null);
        response.writeHead(step.status, { 'content-type': 'application/json', 'retry-after-ms': '100' });
        response.end(JSON.stringify({ error: { message: step.text ?? 'fake failure', type: 'fake' } }));
        return;
      case 'break':
        note(200, null);
        stream(response, model).delta({ role: 'assistant', content: 'half an ans' });
        setTimeout(() => response.destroy(), 20);
        return;
      case 'tool':
        note(200, usage);
        return callTool(stream(response, model), step, usage, calls.length);
      case 'say':
        streaming += 1;
        note(200, (await say(stream(response, model), step, usage)) ? usage : null);
        streaming -= 1;
        return;
      default:
        throw new Error(`unknown step ${JSON.stringify(step satisfies never)}`);
    }
  }

  function plan(messages: readonly Message[], kind: Call['kind'], index: number): Step {
    if (kind === 'title') return { kind: 'say', text: 'A fake title' };
    if (kind === 'compaction') return { kind: 'say', text: '## Objective\n- a fake summary' };
    if (messages.at(-1)?.role === 'tool') return { kind: 'say', text: `read the result ${index}` };
    const text = textOf(messages.findLast((message) => message.role === 'user'));
    // After a compaction OpenCode goes on by itself: a small answer, or the tiny model's context overflows for ever.
    if (text.includes('Continue if you have next steps')) return { kind: 'say', usage: smallUsage };
    const step = stepOf(text);
    if (step.kind !== 'fail' && step.kind !== 'break') return step;
    const failed = failures.get(text) ?? 0;
    failures.set(text, failed + 1);
    return failed < (step.times ?? Infinity) ? step : { kind: 'say' };
  }

  return {
    url: await listen(server),
    calls,
    streaming: () => streaming,
    costNano: (kind) =>
      calls.reduce((sum, call) => (kind === undefined || call.kind === kind ? sum + call.costNano : sum), 0n),
    close: () => close(server),
  };
}

function kindOf(messages: readonly Message[]): Call['kind'] {
  const system = messages.flatMap((message) => (message.role === 'system' ? [textOf(message)] : [])).join('\n');
  if (/title generator/i.test(system)) return 'title';
  return /context summarization agent/i.test(system) ? 'compaction' : 'chat';
}

function textOf(message: Message | undefined): string {
  const content = message?.content ?? '';
  return typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('\n');
}

const smallUsage: Usage = { input: 100, output: 10, cached: 0, reasoning: 0 };

// No two calls alike, so that a sum that mixes two of them up cannot come out right.
function usageOf(kind: Call['kind'], index: number): Usage {
  if (kind === 'title') return { input: 77, output: 7, cached: 0, reasoning: 0 };
  if (kind === 'compaction') return { input: 501, output: 63, cached: 0, reasoning: 0 };
  return { input: 811 + 13 * index, output: 97 + index, cached: 203 + 7 * index, reasoning: index % 3 === 0 ? 31 : 0 };
}

interface Stream {
  delta(delta: Record<string, unknown>, finish?: string): void;
  end(usage: Usage): void;
  gone(): boolean;
}

function stream(response: ServerResponse, model: ModelId): Stream {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const base = { id: 'chatcmpl-fake', object: 'chat.completion.chunk', created: 0, model };
  const send = (chunk: Record<string, unknown>): void => {
    response.write(`data: ${JSON.stringify({ ...base, ...chunk })}\n\n`);
  };
  return {
    delta: (delta, finish) => send({ choices: [{ index: 0, delta, finish_reason: finish ?? null }] }),
    gone: () => response.destroyed,
    end: ({ input, output, cached, reasoning }) => {
      send({
        choices: [],
        usage: {
          prompt_tokens: input + cached,
          completion_tokens: output + reasoning,
          total_tokens: input + cached + output + reasoning,
          prompt_tokens_details: { cached_tokens: cached },
          completion_tokens_details: { reasoning_tokens: reasoning },
        },
      });
      response.end('data: [DONE]\n\n');
    },
  };
}

function callTool(out: Stream, step: Step & { kind: 'tool' }, usage: Usage, index: number): void {
  const call = { index: 0, id: `call_${index}`, type: 'function', function: { name: step.name, arguments: '' } };
  out.delta({ role: 'assistant', tool_calls: [call] });
  out.delta({ tool_calls: [{ index: 0, function: { arguments: JSON.stringify(step.args) } }] });
  out.delta({}, 'tool_calls');
  out.end(usage);
}

/** False when the caller hung up before the end: it never learnt what the call cost. */
async function say(out: Stream, step: Step & { kind: 'say' }, usage: Usage): Promise<boolean> {
  out.delta({ role: 'assistant', content: '' });
  if (usage.reasoning > 0) out.delta({ reasoning_content: 'thinking about it' });
  for (let i = 0; i < (step.chunks ?? 2); i += 1) {
    if (out.gone()) return false;
    out.delta({ content: i === 0 ? (step.text ?? 'a fake answer') : ` and ${i}` });
    await sleep(step.gapMs ?? 5);
  }
  if (out.gone()) return false;
  out.delta({}, 'stop');
  out.end(usage);
  return true;
}

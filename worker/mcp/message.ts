// A message of JSON-RPC 2.0 as the Model Context Protocol has it: one to a request, with an id that is text or a whole number.
import * as v from 'valibot';

import { describe, STRICTLY } from '../event/issue.ts';
import { fail, ok, type Result } from '../result.ts';

export interface Message {
  /** Null for a notification, which nobody answers. */
  readonly id: string | number | null;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Those of JSON-RPC, and of MCP 2026-07-28 (basic, Error Codes) the last two. */
const CODES = {
  'parse-error': -32_700,
  'invalid-request': -32_600,
  'unknown-method': -32_601,
  'invalid-params': -32_602,
  'header-mismatch': -32_020,
  'unsupported-version': -32_022,
} as const;

export interface Fault {
  readonly kind: keyof typeof CODES;
  readonly detail: string;
  readonly data?: object;
}

export function faulty(kind: Fault['kind'], detail: string, data?: object): Fault {
  return data === undefined ? { kind, detail } : { kind, detail, data };
}

const form = v.object({
  jsonrpc: v.literal('2.0', 'must be "2.0"'),
  id: v.optional(v.union([v.string(), v.pipe(v.number(), v.integer())], 'must be text or a whole number')),
  method: v.string('must be text'),
  params: v.optional(v.record(v.string(), v.unknown(), 'must be an object'), {}),
});

export function readMessage(value: unknown): Result<Message, Fault> {
  if (Array.isArray(value)) {
    // Batches were in 2025-03-26 alone.
    return fail(faulty('invalid-request', 'send one message in a request: MCP has no batches'));
  }
  const parsed = v.safeParse(form, value, STRICTLY);
  if (!parsed.success) return fail(faulty('invalid-request', describe(parsed.issues[0])));
  const { id = null, method, params } = parsed.output;
  return ok({ id, method, params });
}

export function resultOf(id: Message['id'], result: object): object {
  return { jsonrpc: '2.0', id, result };
}

/** Of what could not be read the id is not known, and left out. */
export function errorOf(id: Message['id'], { kind, detail, data }: Fault): object {
  const error = { code: CODES[kind], message: detail, ...(data === undefined ? {} : { data }) };
  return { jsonrpc: '2.0', ...(id === null ? {} : { id }), error };
}

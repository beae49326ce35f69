import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Headers } from '../../worker/mcp/era.ts';
import { respond, type ToolCard } from '../../worker/mcp/respond.ts';

const tool: ToolCard = { name: 'costs', title: 'Costs', description: 'x', inputSchema: {}, annotations: {} };
const NONE: Headers = { version: null, method: null, name: null };
const header = fc.option(fc.oneof(fc.string(), fc.constantFrom('2026-07-28', '2025-06-18', 'tools/call', 'costs')));
const headers = fc.record({ version: header, method: header, name: header });
const method = fc.oneof(
  fc.string(),
  fc.constantFrom('initialize', 'tools/list', 'tools/call', 'ping', 'server/discover'),
);
const id = fc.oneof(fc.string(), fc.maxSafeInteger());
const params = fc.oneof(
  fc.dictionary(fc.string(), fc.jsonValue()),
  fc.record(
    { name: fc.oneof(fc.constant('costs'), fc.jsonValue()), arguments: fc.jsonValue(), _meta: fc.jsonValue() },
    { requiredKeys: [] },
  ),
);

test('any JSON with any headers is answered, and with an error for what is no message', () => {
  fc.assert(
    fc.property(fc.jsonValue(), headers, (value, given) => {
      expect(respond(value, given, [tool])).toMatchObject({ kind: 'said', status: 400 });
    }),
  );
});

test('a request is answered under its id, by a result or an error and never both', () => {
  fc.assert(
    fc.property(id, method, params, headers, (asked, name, given, said) => {
      const reply = respond({ jsonrpc: '2.0', id: asked, method: name, params: given }, said, [tool]);
      expect(reply.kind).not.toBe('taken');
      const told = reply.kind === 'call' ? reply.answer({ content: [] }) : reply.kind === 'said' ? reply.message : {};
      expect(told).toMatchObject({ jsonrpc: '2.0', id: asked });
      expect(Number('result' in told) + Number('error' in told)).toBe(1);
    }),
  );
});

test('a notification is never answered with a result', () => {
  fc.assert(
    fc.property(method, params, headers, (name, given, said) => {
      const reply = respond({ jsonrpc: '2.0', method: name, params: given }, said, [tool]);
      expect(reply.kind === 'taken' || (reply.kind === 'said' && reply.status === 400)).toBe(true);
    }),
  );
});

test('a call carries what was given to the tool, and its answer what the tool said', () => {
  fc.assert(
    fc.property(id, fc.dictionary(fc.string(), fc.jsonValue()), (asked, given) => {
      const call = { jsonrpc: '2.0', id: asked, method: 'tools/call', params: { name: 'costs', arguments: given } };
      const reply = respond(call, NONE, [tool]);
      if (reply.kind !== 'call') throw new Error(JSON.stringify(reply));
      expect([reply.tool, reply.given]).toEqual(['costs', given]);
      const content = [{ type: 'text', text: 'x' }] as const;
      expect(reply.answer({ content })).toEqual({ jsonrpc: '2.0', id: asked, result: { content } });
    }),
  );
});

test('a tool that is not offered cannot be called', () => {
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'costs' } };
  expect(respond(call, NONE, [])).toMatchObject({ kind: 'said', message: { error: { code: -32_602 } } });
});

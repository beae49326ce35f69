// The door of the MCP server: what comes in by which protocol, and what is turned away and how.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { call, startTestRelay, type Reply } from './harness.ts';
import { sendMail } from './mails.ts';
import { HANDSHAKE, headersOf, messageOf, post, STATELESS, type Version } from './mcp-client.ts';
import { nasty, pathsOf, replaced, verdict } from './nasty.ts';
import { useOnce, useRelay, useTeam } from './setup.ts';

const relay = useRelay({ publicHosts: ['gasline.example.com'] });
const team = useTeam(relay);

function sent(version: Version, method: string, params: object = {}, headers: object = {}): Promise<Reply> {
  return post(relay, team.token, messageOf(version, method, params), {
    ...headersOf(version, method, params),
    ...headers,
  });
}

const SUPPORTED = ['2026-07-28', '2025-11-25', '2025-06-18'];

test('a handshake agrees on what the client asks for, else on the newest that has one', async () => {
  const asked = ['2025-06-18', '2025-11-25', '2025-03-26', '2024-11-05', '2026-07-28', '2099-01-01'];
  const agreed = [];
  for (const protocolVersion of asked) {
    const { status, headers, body } = await sent(HANDSHAKE, 'initialize', { protocolVersion, capabilities: {} });
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
    // Nothing is remembered, so there is no session to come back to.
    expect(headers.get('mcp-session-id')).toBe(null);
    agreed.push(body.result.protocolVersion);
  }
  expect(agreed).toEqual(['2025-06-18', '2025-11-25', '2025-11-25', '2025-11-25', '2025-11-25', '2025-11-25']);
});

test('each protocol has its own methods, and what it says of the others', async () => {
  const said = async (version: Version, method: string) => {
    const { status, body } = await sent(version, method);
    return [status, body.error?.code ?? Object.keys(body.result).toSorted()];
  };
  expect(await said(HANDSHAKE, 'ping')).toEqual([200, []]);
  expect(await said(HANDSHAKE, 'tools/list')).toEqual([200, ['tools']]);
  expect(await said(HANDSHAKE, 'server/discover')).toEqual([200, -32_601]);
  expect(await said(HANDSHAKE, 'resources/list')).toEqual([200, -32_601]);
  const cached = ['_meta', 'cacheScope', 'resultType', 'ttlMs'];
  expect(await said(STATELESS, 'tools/list')).toEqual([200, [...cached, 'tools'].toSorted()]);
  const about = [...cached, 'capabilities', 'instructions', 'supportedVersions'];
  expect(await said(STATELESS, 'server/discover')).toEqual([200, about.toSorted()]);
  for (const method of ['initialize', 'ping', 'subscriptions/listen', 'constructor', '__proto__']) {
    expect([method, await said(STATELESS, method)]).toEqual([method, [404, -32_601]]);
  }
  const { body } = await sent(STATELESS, 'server/discover');
  expect(body.result).toMatchObject({ resultType: 'complete', supportedVersions: [STATELESS], cacheScope: 'private' });
});

test('the tools come in the same order each time, on one page', async () => {
  const [first, second] = [await sent(STATELESS, 'tools/list'), await sent(HANDSHAKE, 'tools/list')];
  expect(first.body.result.tools).toEqual(second.body.result.tools);
  expect((await sent(STATELESS, 'tools/list', { cursor: 'x' })).body.error).toMatchObject({ code: -32_602 });
});

test('a version that is not spoken is refused with those that are', async () => {
  for (const version of ['2025-03-26', '1900-01-01', 'x', '']) {
    const { status, body } = await sent(HANDSHAKE, 'tools/list', {}, { 'mcp-protocol-version': version });
    const error = { code: -32_022, message: expect.any(String), data: { supported: SUPPORTED, requested: version } };
    expect([status, body]).toEqual([400, { jsonrpc: '2.0', id: 1, error }]);
    const noted = await post(relay, team.token, { jsonrpc: '2.0', method: 'x' }, { 'mcp-protocol-version': version });
    expect(noted.status).toBe(400);
  }
  // A hand with curl has no header.
  const bare = await post(relay, team.token, { jsonrpc: '2.0', id: 'a', method: 'tools/list' });
  expect([bare.status, bare.body.id]).toEqual([200, 'a']);
});

const use = { name: 'costs', arguments: {} };
const MISMATCHED: readonly [what: string, headers: Record<string, string>][] = [
  ['no version', { 'mcp-protocol-version': '' }],
  ['another version', { 'mcp-protocol-version': HANDSHAKE }],
  ['no method', { 'mcp-method': '' }],
  ['another method', { 'mcp-method': 'tools/list' }],
  ['another case', { 'mcp-method': 'TOOLS/CALL' }],
  ['no name', { 'mcp-name': '' }],
  ['another name', { 'mcp-name': 'mail_send' }],
  ['no base64', { 'mcp-name': '=?base64?Y29zd!M=?=' }],
  ['another in base64', { 'mcp-name': `=?base64?${btoa('events')}?=` }],
];

test.for(MISMATCHED)('headers that do not say what the body says are refused: %s', async ([, headers]) => {
  const { status, body } = await sent(STATELESS, 'tools/call', use, headers);
  expect([status, body.error.code, body.id]).toEqual([400, -32_020, 1]);
});

test('a name in base64 is its name', async () => {
  const { status, body } = await sent(STATELESS, 'tools/call', use, { 'mcp-name': `=?base64?${btoa('costs')}?=` });
  expect([status, body.result.isError]).toEqual([200, undefined]);
});

test('a stateless request says itself what it speaks and what its client can do', async () => {
  for (const name of ['protocolVersion', 'clientCapabilities']) {
    const message = messageOf(STATELESS, 'tools/list', {}) as { params: { _meta: Record<string, unknown> } };
    delete message.params._meta[`io.modelcontextprotocol/${name}`];
    const { status, body } = await post(relay, team.token, message, headersOf(STATELESS, 'tools/list', {}));
    expect([status, body.error.code, body.error.message]).toEqual([400, -32_602, expect.stringContaining(name)]);
  }
});

test('a notification is taken without a word', async () => {
  for (const method of ['notifications/initialized', 'notifications/cancelled', 'tools/call']) {
    const { status, body } = await post(relay, team.token, { jsonrpc: '2.0', method });
    expect([status, body]).toEqual([202, '']);
  }
});

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
const MALFORMED: readonly [message: unknown, code: number, words: RegExp][] = [
  [[ping], -32_600, /MCP has no batches/],
  [[], -32_600, /MCP has no batches/],
  ['"ping"', -32_600, /must be/],
  ['null', -32_600, /must be/],
  [{ ...ping, jsonrpc: '1.0' }, -32_600, /jsonrpc: must be "2.0"/],
  [{ ...ping, id: null }, -32_600, /id: must be/],
  [{ ...ping, id: 1.5 }, -32_600, /id: must be/],
  [{ ...ping, id: {} }, -32_600, /id: must be/],
  [{ jsonrpc: '2.0', id: 1 }, -32_600, /method: is missing/],
  [{ jsonrpc: '2.0', id: 1, result: {} }, -32_600, /method: is missing/],
  [{ ...ping, params: 'x' }, -32_600, /params: must be an object/],
  ['{"jsonrpc":', -32_700, /not JSON/],
  ['{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', -32_700, /id: stands twice/],
  [new Uint8Array([0x7b, 0xff]), -32_700, /not UTF-8/],
];

test.for(MALFORMED)('what is no message is refused: %o', async ([message, code, words]) => {
  const { status, body } = await post(relay, team.token, message);
  expect([status, body.jsonrpc, body.error.code, 'id' in body]).toEqual([400, '2.0', code, false]);
  expect(body.error.message).toMatch(words);
});

test('a call of no tool, or with no arguments, is an error of the protocol', async () => {
  for (const params of [
    {},
    { name: {} },
    { name: { toString: 1 } },
    { name: 'constructor' },
    { name: 'costs', arguments: [] },
  ]) {
    const { status, body } = await post(relay, team.token, { jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    expect([status, body.error.code]).toEqual([200, -32_602]);
  }
  const bare = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'sessions' } };
  expect((await post(relay, team.token, bare)).body.result.structuredContent).toEqual({ sessions: [], next: null });
});

test('only POST is served', async () => {
  for (const method of ['GET', 'DELETE', 'PUT', 'OPTIONS']) {
    const { status, headers } = await call(relay.relay.url, team.token, method, '/mcp');
    expect([method, status, headers.get('allow')]).toEqual([method, 405, 'POST']);
  }
});

test('a token is needed, and a body that is small and JSON', async () => {
  const bare = await post(relay, null, ping);
  expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  expect((await post(relay, 'gl_read_x', ping)).status).toBe(401);
  expect((await post(relay, relay.relay.rootToken, ping)).status).toBe(401);
  expect((await post(relay, team.token, ping, { 'content-type': 'text/plain' })).status).toBe(415);
  expect((await post(relay, team.token, { ...ping, params: { x: 'x'.repeat(140_000) } })).status).toBe(413);
  expect((await post(relay, team.token, ping, { 'gasline-hops': '1' })).status).toBe(508);
});

test('a call of a tool counts as one request, and too many are refused', async () => {
  const slow = await startTestRelay({ rateLimit: 5 });
  const { token } = await slow.team();
  const calls = [];
  for (let at = 0; at < 12; at += 1) {
    const { status } = await post(slow, token, {
      jsonrpc: '2.0',
      id: at,
      method: 'tools/call',
      params: { name: 'sessions' },
    });
    calls.push(status);
  }
  // A minute may begin in between.
  const isOnce = calls.slice(0, 5).every((status) => status === 200) && calls.includes(429);
  expect([calls, isOnce]).toEqual([calls, true]);
  await slow.close();
});

test('no page of a browser is served but one of the relay itself', async () => {
  const by = async (origin: string) => (await post(relay, team.token, ping, { origin })).status;
  const { url } = relay.relay;
  for (const origin of [
    'https://evil.example',
    url.origin,
    'http://localhost:3000',
    'null',
    'x',
    'https://gasline.example.com.evil.example',
  ]) {
    expect([origin, await by(origin)]).toEqual([origin, 403]);
  }
  expect(await by('https://gasline.example.com')).toBe(200);
  // Before its token is looked at.
  expect((await post(relay, null, ping, { origin: 'https://evil.example' })).status).toBe(403);
});

test('the largest mail that can be sent can be read, however it is made', async () => {
  for (const unit of ['x', '<', '\n', '\u0001', '"', '\ud83d\ude00']) {
    const body = unit.repeat(Math.floor(32_766 / new TextEncoder().encode(JSON.stringify(unit).slice(1, -1)).length));
    const arguments_ = { to: 'overseer', subject: '<'.repeat(500), body };
    const made = await sent(STATELESS, 'tools/call', { name: 'mail_send', arguments: arguments_ });
    const { id } = made.body.result.structuredContent.mail;
    const read = await sent(STATELESS, 'tools/call', { name: 'mail_read', arguments: { id } });
    expect([unit, read.status, read.body.result.isError]).toEqual([unit, 200, undefined]);
  }
});

const shared = useOnce(() => relay.team());

/** Of a tool's arguments any; those of the others need not be good. */
const CALLS: readonly object[] = [
  {
    name: 'costs',
    arguments: { from: '2026-11-20', to: '2026-11-21', group_by: ['member'], step: 'day', member: 'x' },
  },
  { name: 'sessions', arguments: { roots: true, limit: 5, offset: 0, sort: 'cost', zone: 'UTC' } },
  { name: 'events', arguments: { after: 0, type: ['*'], limit: 5 } },
  { name: 'mail_send', arguments: { to: 'overseer', subject: 'x', cc: ['mayor/'], idempotency_key: 'k' } },
  { name: 'mail_inbox', arguments: { address: 'overseer', unread: true, q: 'x', after: 0, limit: 3 } },
  { name: 'mail_read', arguments: { id: 'mail_1', address: 'overseer' } },
  { name: 'mail_thread', arguments: { id: 'mail_1', limit: 3 } },
  { name: 'mail_ack', arguments: { address: 'overseer', ids: ['mail_1'] } },
];

/** An answer of the protocol that says no more than it should, or a problem that does. */
function judged(reply: Reply): string {
  const { status, body } = reply;
  if (body.jsonrpc !== '2.0') return verdict(reply);
  const text = body.result?.content?.[0].text ?? body.error?.message ?? '';
  const isFault = ![200, 400, 404].includes(status) || /cannot answer at the moment/.test(text);
  return isFault || (body.error !== undefined && text.length > 1_000) ? `${status} ${JSON.stringify(body)}` : 'good';
}

test('whatever is sent is answered, and never by a fault of ours', async () => {
  const messages = fc.constantFrom(HANDSHAKE, STATELESS).chain((version) =>
    fc.constantFrom(...CALLS).chain((params) => {
      const message = messageOf(version, 'tools/call', params);
      return fc
        .tuple(fc.constantFrom(...pathsOf(message)), nasty)
        .map(([path, value]) => [replaced(message, path, value), headersOf(version, 'tools/call', params)] as const);
    }),
  );
  await fc.assert(
    fc.asyncProperty(messages, async ([message, headers]) => {
      const text = JSON.stringify(message) ?? 'null';
      expect([text, judged(await post(relay, shared.token, text, headers))]).toEqual([text, 'good']);
    }),
    { numRuns: 400 },
  );
  expect((await sendMail(shared)).id).toMatch(/^mail_/);
});

// A client of the Model Context Protocol, written by its specification (2025-11-25 with a handshake, 2026-07-28 without).
import { call, type Reply, type TestRelay } from './harness.ts';

type Body = Reply['body'];

export const HANDSHAKE = '2025-11-25';
export const STATELESS = '2026-07-28';
export const ERAS = [HANDSHAKE, STATELESS] as const;
export type Version = (typeof ERAS)[number];

export interface Client {
  /** Answers with the result; an error of the protocol is thrown. */
  readonly ask: (method: string, params?: object) => Promise<Body>;
  readonly tools: () => Promise<string[]>;
  /** What the tool answered for programs; an error of the tool is thrown. */
  readonly use: (tool: string, given?: object) => Promise<Body>;
}

export function clientOf(relay: TestRelay, token: string, version: Version = STATELESS): Client {
  let id = 0;
  async function ask(method: string, params: object = {}): Promise<Body> {
    id += 1;
    const { status, body } = await post(
      relay,
      token,
      messageOf(version, method, params, id),
      headersOf(version, method, params),
    );
    if (status !== 200 || body.id !== id || body.error !== undefined)
      throw new Error(`${status} ${JSON.stringify(body)}`);
    return body.result;
  }
  return {
    ask,
    tools: async () => (await ask('tools/list')).tools.map(({ name }: { name: string }) => name),
    async use(tool, given = {}) {
      const { content, structuredContent, isError } = await ask('tools/call', { name: tool, arguments: given });
      if (isError === true) throw new Error(content[0].text);
      return structuredContent;
    },
  };
}

export function messageOf(version: Version, method: string, params: object, id: unknown = 1): object {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const all = version === STATELESS ? { ...params, _meta: meta } : params;
  return { jsonrpc: '2.0', id, method, params: all };
}

export function headersOf(version: Version, method: string, params: object): Record<string, string> {
  const own: Record<string, string> = { 'mcp-protocol-version': version };
  if (version === HANDSHAKE) return method === 'initialize' ? {} : own;
  const name = method === 'tools/call' && 'name' in params ? { 'mcp-name': String(params.name) } : {};
  return { ...own, 'mcp-method': method, ...name };
}

export function post(
  { relay }: TestRelay,
  token: string | null,
  message: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const accept = { accept: 'application/json, text/event-stream' };
  return call(relay.url, token, 'POST', '/mcp', message, { headers: { ...accept, ...headers } });
}

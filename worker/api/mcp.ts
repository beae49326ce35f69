// POST /mcp: the relay as a server of the Model Context Protocol, by its Streamable HTTP and without any state of its own. A call
// of a tool becomes a request to our own API with the same token, and its answer what a model is told.
import type { Context, MiddlewareHandler } from 'hono';

import { grants } from '../access/token.ts';
import { faulty } from '../mcp/message.ts';
import { refused, respond, type Reply, type ToolCard, type ToolResult } from '../mcp/respond.ts';
import { tamed } from '../mcp/untrusted.ts';
import { policyOf } from '../env.ts';
import { readJson } from './body.ts';
import type { Api } from './context.ts';
import { checked, queryOf, schemaOf, stepOf, type Given } from './mcp-arguments.ts';
import { TOOLS, type Asked, type Tool } from './mcp-tools.ts';
import { problem, refuse } from './problem.ts';

/** Room for a mail of the greatest size whose writer escapes whatever is not ASCII. */
const MAX_REQUEST = 140_000;
/** In characters: more at once would leave a model no room to think about it. */
const MAX_TOLD = 200_000;

/**
 * A page in a browser that turned its own name to this machine would name itself here and in Host alike, so what came in Host says
 * nothing: the operator's list does. What is no browser sends no Origin.
 */
export function refusesPages(): MiddlewareHandler<Api> {
  return async function refusesForeignPages(c, next) {
    const origin = c.req.header('origin');
    if (origin === undefined || isOwn(origin, policyOf(c.env).own ?? [])) return next();
    return problem(
      c,
      refuse('origin', `no page of ${origin.slice(0, 80)} may ask this: list its host in PUBLIC_HOSTS`),
    );
  };
}

function isOwn(origin: string, own: readonly string[]): boolean {
  if (!URL.canParse(origin)) return false;
  const { host, hostname } = new URL(origin);
  return own.includes(host) || own.includes(hostname);
}

export function postMcp(ask: (c: Context<Api>, request: Request) => Promise<Response>) {
  return async function postMessage(c: Context<Api>): Promise<Response> {
    const body = await readJson(c, MAX_REQUEST);
    if (!body.ok && body.error.problem !== 'body-malformed') return problem(c, body.error);
    const reply = body.ok ? replyTo(c, body.value) : refused(null, faulty('parse-error', body.error.detail));
    if (reply.kind === 'taken') return c.body(null, 202);
    if (reply.kind === 'said') return c.json(reply.message, reply.status);
    const tool = TOOLS[reply.tool];
    if (tool === undefined) throw new Error(`no tool ${reply.tool}`);
    return c.json(reply.answer(await callTool(c, tool, reply.given, ask)));
  };
}

function replyTo(c: Context<Api>, message: unknown): Reply {
  const header = (name: string) => c.req.header(name) ?? null;
  const headers = { version: header('mcp-protocol-version'), method: header('mcp-method'), name: header('mcp-name') };
  const granted = Object.entries(TOOLS).filter(([, { scopes }]) =>
    scopes.some((scope) => grants(c.var.credential, scope)),
  );
  const tools = granted.map(([name, tool]) => cardOf(name, tool));
  return respond(message, headers, tools);
}

function cardOf(name: string, { title, description, takes, needs = [], writes = false }: Tool): ToolCard {
  const annotations = { readOnlyHint: !writes, ...(writes ? { destructiveHint: false } : {}), openWorldHint: false };
  return { name, title, description, inputSchema: schemaOf(takes, needs), annotations };
}

type Ask = Parameters<typeof postMcp>[0];

async function callTool(c: Context<Api>, tool: Tool, given: Given, ask: Ask): Promise<ToolResult> {
  const { takes, needs = [], asks, shows = (answer: object) => answer } = tool;
  const good = checked(given, takes, needs);
  if (!good.ok) return failed(good.error);
  const response = await ask(c, requestFor(c, asks(good.value, Date.now())));
  if (!response.ok) {
    const { title, detail } = await response.json<{ title: string; detail: string }>();
    return failed(`${title}: ${detail}`);
  }
  const structuredContent = shows(tamed(await response.json()) as never);
  const text = JSON.stringify(structuredContent);
  if (text.length <= MAX_TOLD) return { content: [{ type: 'text', text }], structuredContent };
  return failed(
    `the answer has ${text.length} characters, at most ${MAX_TOLD} are told: ask for less, by limit or filters`,
  );
}

function requestFor(c: Context<Api>, { method, path, query = {}, body, key }: Asked): Request {
  const headers: Record<string, string> = { authorization: c.req.header('authorization') ?? '' };
  // Of any text one that a header holds.
  if (key !== undefined) headers['idempotency-key'] = `"${stepOf(key)}"`;
  const url = new URL(`${path}?${queryOf(query)}`, c.req.url);
  if (body === undefined) return new Request(url, { method, headers });
  return new Request(url, {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

function failed(text: string): ToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}

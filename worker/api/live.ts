// GET /v1/stream: the log as it grows, over a WebSocket.
import type { Context } from 'hono';

import type { Credential } from '../access/token.ts';
import type { Follow } from '../live.ts';
import { fail } from '../result.ts';
import type { Start } from '../store/log.ts';
import type { Api } from './context.ts';
import { startOf, WHICH } from './events.ts';
import { problem, refuse, type Refusal } from './problem.ts';
import { readQuery, text, type Read } from './query.ts';
import { teamOf } from './team.ts';

/** What the team's object is asked, in a header, as a socket cannot be handed over by a call. */
export interface Following {
  readonly by: Credential;
  /** Null for what comes from now on. */
  readonly start: Start | null;
  readonly follow: Omit<Follow, 'after'>;
}

export const FOLLOWING = 'gasline-following';
export const PROTOCOL = 'gasline';

/** What is kept with a socket has room for 16 KB. */
const MAX_TYPES = 2_000;
const types: Read<readonly string[] | null> = (given) =>
  (given?.length ?? 0) > MAX_TYPES ? fail(`must be at most ${MAX_TYPES} characters`) : WHICH.type(given);
const QUERY = { ...WHICH, type: types, endpoint: text };

/** A browser can give a WebSocket no header but its protocols: `gasline`, and after it the token. A URL would end in logs. */
export function offeredToken(c: Context<Api>): string | null {
  const [protocol, token] = offered(c);
  return protocol === PROTOCOL ? (token ?? null) : null;
}

export async function getStream(c: Context<Api>): Promise<Response> {
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') {
    return problem(c, refuse('upgrade-needed', 'open it as a WebSocket, or poll GET /v1/events with wait'));
  }
  const query = readQuery(c, QUERY);
  if (!query.ok) return problem(c, query.error);
  const { type, after, since, ...rest } = query.value;
  const start = startOf({ after, since });
  if (!start.ok) return problem(c, start.error);
  const following: Following = { by: c.var.credential, start: start.value, follow: { ...rest, types: type } };
  const headers = { upgrade: 'websocket', [FOLLOWING]: encodeURIComponent(JSON.stringify(following)) };
  const opened = await teamOf(c).fetch(new Request(c.req.url, { headers }));
  const { webSocket } = opened;
  if (webSocket === null) return problem(c, await opened.json<Refusal>());
  // The handshake fails in a browser whose protocol is not taken up (RFC 6455, 4.1).
  const isOffered = offered(c).includes(PROTOCOL);
  return new Response(null, {
    status: 101,
    webSocket,
    headers: isOffered ? { 'sec-websocket-protocol': PROTOCOL } : {},
  });
}

function offered(c: Context<Api>): readonly string[] {
  return (c.req.header('sec-websocket-protocol') ?? '').split(',').map((protocol) => protocol.trim());
}

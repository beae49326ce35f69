// The way to the relay as a laptop sees it: TLS over a wide area, that may be down, hang, refuse or lose an answer. It keeps
// every byte that left the machine, for the test of what must never leave it.

import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { startLatency } from './latency.ts';
import { close, listen } from './listen.ts';

export type Weather =
  | { readonly kind: 'fair' }
  /** Nothing listens. */
  | { readonly kind: 'down' }
  /** Requests arrive and are never answered. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'answer'; readonly status: number; readonly headers?: Record<string, string> }
  /** The relay stores the batch, but its answer is lost on the way back. */
  | { readonly kind: 'cut' };

export interface Exchange {
  readonly at: number;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Front {
  readonly url: URL;
  readonly exchanges: readonly Exchange[];
  set(weather: Weather): Promise<void>;
  close(): Promise<void>;
}

const fixture = (name: string): Buffer => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));

export async function startFront(relay: URL, rttMs = 0): Promise<Front> {
  const exchanges: Exchange[] = [];
  let weather: Weather = { kind: 'fair' };
  const server = createServer({ key: fixture('loopback.key'), cert: fixture('loopback.crt') }, (request, response) => {
    handle(request, response).catch(() => response.destroy());
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const { headers, url: path = '/', method = 'GET' } = request;
    exchanges.push({ at: Date.now(), path, headers, body });
    const now = weather;
    switch (now.kind) {
      case 'hang':
        return;
      case 'answer':
        response.writeHead(now.status, now.headers).end();
        return;
      case 'down':
        response.destroy();
        return;
      case 'fair':
      case 'cut': {
        const answer = await forward(relay, { path, method, headers, body });
        if (now.kind === 'cut') response.destroy();
        else response.writeHead(answer.status, answer.headers).end(answer.body);
      }
    }
  }

  const inner = await listen(server, 'https');
  const latency = await startLatency(Number(inner.port), rttMs);
  return {
    url: new URL(`https://127.0.0.1:${latency.port}/`),
    exchanges,
    set: async (next) => {
      weather = next;
      await (next.kind === 'down' ? latency.refuse() : latency.accept());
    },
    close: async () => {
      await latency.refuse();
      await close(server);
    },
  };
}

interface Forwarded {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

// These belong to one hop, not to the message (RFC 9110, 7.6.1), and fetch has unpacked the body already.
const hop = new Set(['connection', 'host', 'keep-alive', 'transfer-encoding', 'content-length', 'content-encoding']);

async function forward(relay: URL, { path, method, headers, body }: Forwarded): Promise<Answer> {
  const kept = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined || (hop.has(name) && name !== 'content-encoding') ? [] : [[name, String(value)]],
  );
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const answer = await fetch(new URL(path, relay), { method, headers: kept, ...(hasBody ? { body } : {}) });
  return {
    status: answer.status,
    headers: Object.fromEntries([...answer.headers].filter(([name]) => !hop.has(name))),
    body: Buffer.from(await answer.arrayBuffer()),
  };
}

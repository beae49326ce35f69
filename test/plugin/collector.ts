// A small relay that records what it was sent and answers as the test says.

import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Batch, SourceEvent } from '../../plugin/contract.ts';

export interface Recorded {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly batch: Batch;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

export interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

type Behaviour = (batch: Batch, request: number) => Answer | 'hang' | Promise<Answer | 'hang'>;

export const accept: Behaviour = (batch) => ({
  status: 202,
  body: { accepted: batch.events.length, duplicates: 0, rejected: [] },
});

export async function startCollector(behaviour: Behaviour = accept) {
  const requests: Recorded[] = [];
  const hanging = new Set<ServerResponse>();
  const inFlight = new Map<string, number>();
  const collector = {
    behaviour,
    requests,
    /** What was asked of it beside batches, and what it answers then. */
    asked: [] as Asked[],
    office: (() => ({ status: 404 })) as (asked: Asked) => Answer,
    /** The most requests of one source that were open at the same time. */
    mostAtOnce: 0,
    url: '',
    /** Events as a relay stores them: each (source, seq) once. */
    stored(): readonly SourceEvent[] {
      const known = new Map<string, SourceEvent>();
      for (const { batch } of requests) {
        for (const event of batch.events) known.set(`${batch.source.id} ${event.seq}`, event);
      }
      return [...known.values()];
    },
    async stop(): Promise<void> {
      for (const response of hanging) response.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      if (request.url !== '/v1/events') {
        const asked = {
          path: request.url ?? '',
          headers: request.headers,
          body: text === '' ? null : (JSON.parse(text) as unknown),
        };
        collector.asked.push(asked);
        return send(response, collector.office(asked));
      }
      const batch = JSON.parse(text) as Batch;
      const source = batch.source.id;
      inFlight.set(source, (inFlight.get(source) ?? 0) + 1);
      collector.mostAtOnce = Math.max(collector.mostAtOnce, inFlight.get(source) ?? 0);
      requests.push({ headers: request.headers, text, batch });
      void reply(batch, response).finally(() => inFlight.set(source, (inFlight.get(source) ?? 1) - 1));
    });
  });
  const reply = async (batch: Batch, response: ServerResponse): Promise<void> => {
    const answer = await collector.behaviour(batch, requests.length);
    if (answer === 'hang') {
      hanging.add(response);
      return;
    }
    send(response, answer);
  };
  const send = (response: ServerResponse, { status, headers, body }: Answer): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body === undefined ? '' : JSON.stringify(body));
  };
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  collector.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return collector;
}

export type Collector = Awaited<ReturnType<typeof startCollector>>;

export async function until(isTrue: () => boolean, ms = 8000): Promise<void> {
  const start = Date.now();
  while (!isTrue()) {
    if (Date.now() - start > ms) throw new Error(`waited ${ms} ms in vain for ${isTrue.toString()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

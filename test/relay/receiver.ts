// A webhook receiver on loopback that answers as a test says and keeps what it was sent.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { setInterval } from 'node:timers';
import { text } from 'node:stream/consumers';

import { close, listen } from '../support/listen.ts';
import type { Reply } from './harness.ts';

export interface Delivery {
  readonly at: number;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly event: Reply['body'];
}

export type Answer =
  | {
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
      readonly afterMs?: number;
    }
  /** Takes the request and never says a word. */
  | 'silence'
  /** Sends headers, then a byte now and then for ever. */
  | 'drip'
  /** Sends headers, then megabytes. */
  | 'flood'
  | 'reset';

export interface Receiver {
  readonly url: string;
  readonly deliveries: readonly Delivery[];
  /** The positions of the events that came, in the order in which they came. */
  readonly seqs: () => number[];
  /** From now on it answers so. */
  readonly answer: (script: Script) => void;
  readonly close: () => Promise<void>;
}

type Script = (delivery: Delivery) => Answer;

const OK: Answer = { status: 204 };

export async function startReceiver(script: Script = () => OK): Promise<Receiver> {
  const deliveries: Delivery[] = [];
  let current = script;
  const server = createServer((request, response) => {
    text(request).then(
      (body) => {
        const delivery = {
          at: Date.now(),
          path: request.url ?? '',
          headers: request.headers,
          body,
          event: JSON.parse(body),
        };
        deliveries.push(delivery);
        return reply(response, current(delivery));
      },
      () => response.destroy(),
    );
  });
  const url = await listen(server);
  return {
    url: url.href,
    deliveries,
    seqs: () => deliveries.map(({ event }) => event.seq),
    answer(next) {
      current = next;
    },
    close: () => close(server),
  };
}

function reply(response: ServerResponse, answer: Answer): ServerResponse {
  if (answer === 'silence') return response;
  if (answer === 'reset') return response.destroy();
  if (answer === 'drip' || answer === 'flood') {
    response.writeHead(200, { 'content-type': 'text/plain' });
    const piece = answer === 'drip' ? '.' : 'x'.repeat(1_000_000);
    const timer = setInterval(() => response.write(piece), 100);
    return response.on('close', () => clearInterval(timer)).on('error', () => clearInterval(timer));
  }
  setTimeout(() => response.writeHead(answer.status, answer.headers).end(answer.body), answer.afterMs ?? 0);
  return response;
}

// A webhook receiver on loopback that keeps what it was sent.

import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { close, listen } from './listen.ts';

export interface Delivery {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: URL;
  readonly deliveries: readonly Delivery[];
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const deliveries: Delivery[] = [];
  const server = createServer((request, response) => {
    text(request).then(
      (body) => {
        deliveries.push({ headers: request.headers, body });
        return response.writeHead(204).end();
      },
      () => response.destroy(),
    );
  });
  return { url: await listen(server), deliveries, close: () => close(server) };
}

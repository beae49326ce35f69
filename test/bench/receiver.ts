// A receiver of webhooks on loopback that counts what arrives.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Receiver {
  readonly url: string;
  /** Resolves once so many more have arrived, with their rate a second from the first to the last of them. */
  expect(count: number): Promise<number>;
  /** Keeps the bodies of the next so many. */
  keep(count: number): void;
  bodies(): readonly string[];
  lastAt(): number;
  close(): Promise<void>;
}

const PATIENCE_MS = 60_000;

/** It answers after `delayMs`. */
export async function startReceiver(delayMs: number): Promise<Receiver> {
  let arrived = 0;
  let awaited = Number.POSITIVE_INFINITY;
  let firstAt = 0;
  let lastAt = 0;
  let keeping = 0;
  let bodies: string[] = [];
  let done = (): void => undefined;

  function receive(body: string): void {
    arrived += 1;
    if (arrived === 1) firstAt = performance.now();
    if (bodies.length < keeping) bodies.push(body);
    if (arrived !== awaited) return;
    lastAt = performance.now();
    done();
  }

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      receive(Buffer.concat(parts).toString());
      if (delayMs === 0) response.end();
      else setTimeout(() => response.end(), delayMs);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    expect(count) {
      arrived = 0;
      awaited = count;
      return new Promise((resolve, reject) => {
        const late = () => reject(new Error(`${arrived} of ${count} deliveries arrived within ${PATIENCE_MS} ms`));
        const timer = setTimeout(late, PATIENCE_MS);
        done = () => {
          clearTimeout(timer);
          resolve(((count - 1) * 1_000) / (lastAt - firstAt));
        };
      });
    },
    keep(count) {
      keeping = count;
      bodies = [];
    },
    bodies: () => bodies,
    lastAt: () => lastAt,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

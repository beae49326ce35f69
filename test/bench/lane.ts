// A team with a receiver of its own, and what stands beside it: how long an event takes from its POST to its receipt.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import { sourceOf } from './events.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import type { BenchTeam, Rig } from './rig.ts';

const GAP_MS = 10;

export interface Lane {
  readonly team: BenchTeam;
  readonly receiver: Receiver;
  readonly next: () => string;
}

export async function startLane(rig: Rig, beside: readonly { readonly url: string }[]): Promise<Lane> {
  const team = await rig.team();
  const receiver = await startReceiver(0);
  for (const { url } of [...beside, receiver]) await team.call('POST', '/v1/endpoints', { kind: 'webhook', url });
  return { team, receiver, next: sourceOf('light', 'messages', 1) };
}

/** One event's time. */
export async function receipt({ team, receiver, next }: Lane): Promise<number> {
  const body = JSON.parse(next());
  const arrived = receiver.expect(1);
  const start = performance.now();
  await team.call('POST', '/v1/events', body);
  await arrived;
  const took = receiver.lastAt() - start;
  await new Promise((resolve) => setTimeout(resolve, GAP_MS));
  return took;
}

/** Null: nobody listens. */
export async function startBeside(listener: RequestListener | null) {
  const server = createServer(listener ?? undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  async function close(): Promise<void> {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }
  if (listener === null) await close();
  return { url, close };
}

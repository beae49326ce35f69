// From the start of a POST of one event to its receipt, one at a time: alone, and beside ten endpoints that are down.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import { sourceOf } from './events.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import type { BenchTeam, Rig } from './rig.ts';
import { atMost, median, ms, percent, quantile, type Section } from './table.ts';

const ROUNDS = 9;
const POSTS = 100;
const GAP_MS = 10;
const FAILING = 4;
const HANGING = 3;
const REFUSING = 3;

interface Lane {
  readonly team: BenchTeam;
  readonly receiver: Receiver;
  readonly next: () => string;
}

export async function latency(rig: Rig): Promise<Section> {
  const dead = await Promise.all([
    ...Array.from({ length: FAILING }, () => startDead((_, response) => response.writeHead(500).end())),
    ...Array.from({ length: HANGING }, () => startDead(() => undefined)),
    ...Array.from({ length: REFUSING }, () => startDead(null)),
  ]);
  const alone = await startLane(rig, []);
  const beside = await startLane(rig, dead);
  const all: number[] = [];
  const rounds: { readonly alone: number; readonly beside: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const took: [number[], number[]] = [[], []];
    // In turns, so that whatever else the machine does meets both.
    for (let post = 0; post < POSTS; post += 1) {
      took[0].push(await receipt(alone));
      took[1].push(await receipt(beside));
    }
    all.push(...took[0]);
    rounds.push({ alone: quantile(took[0], 0.95), beside: quantile(took[1], 0.95) });
  }
  await Promise.all([alone.receiver.close(), beside.receiver.close(), ...dead.map(({ close }) => close())]);
  const ratio = median(rounds.map((round) => round.beside / round.alone));
  return {
    title: 'Latency',
    note: `From POST to receipt at light load, ${POSTS} posts a round one at a time. The second team has ten endpoints more: ${FAILING} answer 500, ${HANGING} hang, ${REFUSING} refuse the connection. Posts to both in turns, ${ROUNDS} rounds, medians of the rounds.`,
    columns: ['light load', 'alone', 'goal', 'beside ten dead ones', 'ratio', 'goal'],
    rows: [
      ['p50', ms(quantile(all, 0.5)), atMost(25, quantile(all, 0.5), ms)],
      [
        'p95',
        ms(median(rounds.map((round) => round.alone))),
        '',
        ms(median(rounds.map((round) => round.beside))),
        percent(ratio),
        atMost(1.1, ratio, percent),
      ],
      ['p99', ms(quantile(all, 0.99))],
    ],
  };
}

async function startLane(rig: Rig, dead: readonly { readonly url: string }[]): Promise<Lane> {
  const team = await rig.team();
  const receiver = await startReceiver(0);
  for (const { url } of [...dead, receiver]) await team.call('POST', '/v1/endpoints', { kind: 'webhook', url });
  return { team, receiver, next: sourceOf('light', 'messages', 1) };
}

async function receipt({ team, receiver, next }: Lane): Promise<number> {
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
async function startDead(listener: RequestListener | null) {
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

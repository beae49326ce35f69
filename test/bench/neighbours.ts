// What the neighbours of an endpoint do to it: ten of each ill sort, held against ten that are well.
import type { RequestListener } from 'node:http';

import { receipt, startBeside, startLane } from './lane.ts';
import type { Rig } from './rig.ts';
import { atMost, median, ms, percent, quantile, type Section } from './table.ts';

const ROUNDS = 5;
const POSTS = 60;
const TEN = Array.from({ length: 10 });
const SLOW_MS = 5_000;
const DRIP_MS = 500;

const well: RequestListener = (_, response) => response.writeHead(204).end();

/** Each of the ten has a listener of its own. */
const SORTS: Readonly<Record<string, () => RequestListener>> = {
  'answer after 5 s': () => (_, response) => {
    setTimeout(() => response.writeHead(204).end(), SLOW_MS);
  },
  'drip an answer': () => (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    const timer = setInterval(() => response.write('.'), DRIP_MS);
    response.on('close', () => clearInterval(timer));
  },
  'answer 429, retry-after 1': () => (_, response) => response.writeHead(429, { 'retry-after': '1' }).end(),
  'fail one in three'() {
    let nth = 0;
    return (_, response) => response.writeHead(nth++ % 3 === 0 ? 500 : 204).end();
  },
};

export async function neighbours(rig: Rig): Promise<Section> {
  const rows: string[][] = [];
  for (const [sort, make] of Object.entries(SORTS)) {
    // The control is made anew for each, so that both logs are as long.
    const beside = await Promise.all(TEN.map(() => startBeside(make())));
    const control = await Promise.all(TEN.map(() => startBeside(well)));
    const [ill, healthy] = [await startLane(rig, beside), await startLane(rig, control)];
    const rounds: { readonly ill: number; readonly healthy: number }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const took: [number[], number[]] = [[], []];
      // In turns, so that whatever else the machine does meets both.
      for (let post = 0; post < POSTS; post += 1) {
        took[0].push(await receipt(ill));
        took[1].push(await receipt(healthy));
      }
      rounds.push({ ill: quantile(took[0], 0.95), healthy: quantile(took[1], 0.95) });
    }
    await Promise.all([ill, healthy].map(({ receiver }) => receiver.close()));
    await Promise.all([...beside, ...control].map(({ close }) => close()));
    const ratio = median(rounds.map((round) => round.ill / round.healthy));
    rows.push([
      sort,
      ms(median(rounds.map((round) => round.healthy))),
      ms(median(rounds.map((round) => round.ill))),
      percent(ratio),
      atMost(1.1, ratio, percent),
    ]);
  }
  return {
    title: 'Neighbours',
    note: `p95 from POST to receipt at light load, one post at a time, beside ten endpoints that are ill in one way and, in turns, beside ten that answer 204 at once: ${ROUNDS} rounds of ${POSTS} posts, medians of the rounds.`,
    columns: ['ten neighbours that', 'beside ten healthy', 'beside these', 'ratio', 'goal'],
    rows,
  };
}

// From the start of a POST of one event to its receipt, one at a time: alone, and beside ten endpoints that are down.
import { receipt, startBeside, startLane } from './lane.ts';
import type { Rig } from './rig.ts';
import { atMost, median, ms, percent, quantile, type Section } from './table.ts';

const ROUNDS = 9;
const POSTS = 100;
const FAILING = 4;
const HANGING = 3;
const REFUSING = 3;

export async function latency(rig: Rig): Promise<Section> {
  const dead = await Promise.all([
    ...Array.from({ length: FAILING }, () => startBeside((_, response) => response.writeHead(500).end())),
    ...Array.from({ length: HANGING }, () => startBeside(() => undefined)),
    ...Array.from({ length: REFUSING }, () => startBeside(null)),
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

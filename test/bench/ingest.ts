// POST /v1/events beside a route that only parses the same bodies, and beside itself without the ledger.
import { sourceOf, type Mix } from './events.ts';
import { drive } from './load.ts';
import type { BenchTeam, Rig } from './rig.ts';
import { atLeast, atMost, median, percent, whole, type Section } from './table.ts';

const CONNECTIONS = 16;
const ROUNDS = 5;
const WARM_UP = 5;
/** Requests a connection and slice, by events a request: about a second of ours. */
const REQUESTS = new Map([
  [1, 70],
  [20, 35],
  [50, 28],
  [100, 20],
]);
/** Dollars: a row written; a row read; a request to an object and one to a Worker. */
const ROW_USD = 1 / 1e6;
const READ_USD = 0.001 / 1e6;
const REQUEST_USD = 0.15 / 1e6 + 0.3 / 1e6;

export async function ingest(rig: Rig): Promise<Section> {
  const rows: string[][] = [];
  for (const mix of ['messages', 'turns'] as const) {
    for (const [size, requests] of REQUESTS) rows.push(await compare(rig, mix, size, requests));
  }
  return {
    title: 'Ingest',
    note: `\`POST /v1/events\` beside **the bare JSON route**, ${CONNECTIONS} connections, ${ROUNDS} interleaved rounds, medians. "without the ledger" is what the same route comes to where it checks a batch and keeps it in one row, and no more. "messages": all are \`message.updated\` of messages never seen before; "turns": what OpenCode publishes of a turn.`,
    columns: [
      'mix',
      'events a request',
      'events/s',
      'bare route',
      'ratio',
      'goal',
      'without the ledger',
      'rows written an event',
      'goal',
      'rows written, read per 1,000 entries',
      '$ a million events',
      '$ a million entries',
      'goal',
    ],
    rows,
  };
}

async function compare(rig: Rig, mix: Mix, size: number, requests: number): Promise<string[]> {
  const team = await rig.team();
  const sources = Array.from({ length: CONNECTIONS }, (_, index) => sourceOf(`src${index}`, mix, size));
  const ours: number[] = [];
  const log: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const lanes = sources.map((next) => Array.from({ length: round === 0 ? WARM_UP : requests }, next));
    for (const [path, rates] of [
      ['/v1/events', ours],
      ['/bench/log', log],
      ['/bench/json', bare],
    ] as const) {
      const rate = await slice(rig, team, lanes, path);
      if (round > 0) rates.push(rate);
    }
  }
  const ratioOf = (rates: readonly number[]) => median(rates.map((rate, index) => rate / (bare[index] ?? rate)));
  const ratio = ratioOf(ours);
  const { read, written, entries } = await countRows(rig, mix, size);
  const usd = 1e6 * (written * ROW_USD + read * READ_USD + REQUEST_USD / size);
  const usdOfEntries = usd / entries;
  const isGoal = size === 100;
  return [
    mix,
    size.toString(),
    whole(median(ours) * size),
    whole(median(bare) * size),
    percent(ratio),
    isGoal ? atLeast(0.25, ratio, percent) : '',
    percent(ratioOf(log)),
    written.toFixed(2),
    isGoal ? atMost(1.5, written, (value) => value.toFixed(1)) : '',
    `${whole((written / entries) * 1_000)}, ${whole((read / entries) * 1_000)}`,
    usd.toFixed(2),
    usdOfEntries.toFixed(2),
    size === 50 ? atMost(1.5, usdOfEntries, (value) => `$${value.toFixed(2)}`) : '',
  ];
}

/** Requests a second. */
async function slice(rig: Rig, team: BenchTeam, lanes: readonly (readonly string[])[], path: string): Promise<number> {
  const took = await drive({ url: rig.url, path, token: team.token, lanes });
  return (lanes.flat().length * 1_000) / took;
}

interface Counted {
  readonly read: number;
  readonly written: number;
  readonly entries: number;
}

/** Rows read and written for each event, and the entries that it made in the ledger. */
async function countRows(rig: Rig, mix: Mix, size: number): Promise<Counted> {
  const team = await rig.team();
  const next = sourceOf('counted', mix, size);
  await drive({ url: rig.url, path: '/v1/events', token: team.token, lanes: [[next()]] });
  const bodies = Array.from({ length: 30 }, next);
  const before = await countEntries(team);
  await team.object.startCounting();
  await drive({ url: rig.url, path: '/v1/events', token: team.token, lanes: [bodies] });
  const [read, written] = await team.object.stopCounting();
  const events = bodies.length * size;
  const entries = (await countEntries(team)) - before;
  return { read: read / events, written: written / events, entries: entries / events };
}

async function countEntries(team: BenchTeam): Promise<number> {
  const [row] = await team.object.query('SELECT count(*) AS entries FROM entry');
  return Number(row?.['entries']);
}

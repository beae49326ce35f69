// One webhook endpoint drains a backlog, beside a loop that only fetches, and one that signs and has a deadline besides.
import { sourceOf } from './events.ts';
import { drive } from './load.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import type { BenchTeam, Rig } from './rig.ts';
import { atLeast, atMost, median, percent, whole, type Section } from './table.ts';

/** What the Courier sends at once to one endpoint: the baseline gets the same. */
const CONCURRENCY = 6;
const ROUNDS = 5;
const BATCH = 100;
/** Deliveries a slice, by how long the receiver takes. */
const BACKLOGS = new Map([
  [0, 2_000],
  [20, 600],
  [100, 200],
]);

export async function delivery(rig: Rig): Promise<Section> {
  const rows: string[][] = [];
  for (const [delayMs, backlog] of BACKLOGS) rows.push(await compare(rig, delayMs, backlog));
  return {
    title: 'Delivery',
    note: `One endpoint draining a backlog to a receiver on loopback, signed and recorded, beside **the bare fetch loop**: the same bodies by plain \`fetch\` from the same runtime; and **the signed loop**: that with what every delivery must have, our headers, an HMAC signature, a deadline and no redirect followed. ${CONCURRENCY} at once in all, ${ROUNDS} interleaved rounds, medians.`,
    columns: [
      'receiver',
      'deliveries/s',
      'bare loop',
      'ratio',
      'goal',
      'signed loop',
      'ratio',
      'rows a delivery',
      'goal',
    ],
    rows,
  };
}

async function compare(rig: Rig, delayMs: number, backlog: number): Promise<string[]> {
  const team = await rig.team();
  const receiver = await startReceiver(delayMs);
  const next = sourceOf('src', 'messages', BATCH);
  const lanes = [Array.from({ length: backlog / BATCH }, next)];
  await drive({ url: rig.url, path: '/v1/events', token: team.token, lanes });
  const rowsWritten = await countRows(team, receiver, backlog);
  const bodies = receiver.bodies();
  const ours: number[] = [];
  const bare: number[] = [];
  const signed: number[] = [];
  async function loop(path: string): Promise<number> {
    const all = receiver.expect(backlog);
    await team.call('POST', path, { url: receiver.url, concurrency: CONCURRENCY, bodies });
    return all;
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await drained(team, receiver, backlog));
    // In turns, so that neither always comes right after ours.
    const loops = [
      async () => bare.push(await loop('/bench/fetch')),
      async () => signed.push(await loop('/bench/signed')),
    ];
    for (const one of round % 2 === 0 ? loops : loops.toReversed()) await one();
  }
  await receiver.close();
  const [toBare, toSigned] = [ratioTo(ours, bare), ratioTo(ours, signed)];
  return [
    delayMs === 0 ? 'answers at once' : `after ${delayMs} ms`,
    whole(median(ours)),
    whole(median(bare)),
    percent(toBare),
    atLeast(0.75, toBare, percent),
    whole(median(signed)),
    percent(toSigned),
    rowsWritten.toFixed(3),
    atMost(1.2, rowsWritten, (value) => value.toFixed(1)),
  ];
}

function ratioTo(ours: readonly number[], baseline: readonly number[]): number {
  return median(ours.map((rate, round) => rate / (baseline[round] ?? rate)));
}

/** Deliveries a second, from the first that arrives to the last. */
async function drained(team: BenchTeam, receiver: Receiver, backlog: number): Promise<number> {
  const { rate, remove } = await drain(team, receiver, backlog);
  await remove();
  return rate;
}

async function drain(team: BenchTeam, receiver: Receiver, backlog: number) {
  const all = receiver.expect(backlog);
  const { endpoint } = (await team.call('POST', '/v1/endpoints', {
    kind: 'webhook',
    url: receiver.url,
    after: 0,
  })) as { endpoint: { id: string } };
  const rate = await all;
  await settled(team);
  return { rate, remove: () => team.call('DELETE', `/v1/endpoints/${endpoint.id}`) };
}

/** The last window is recorded a moment after its last event arrived. */
async function settled(team: BenchTeam): Promise<void> {
  const isBehind = `SELECT 1 FROM endpoint WHERE cursor < (SELECT max(last) FROM log)`;
  for (let tries = 0; tries < 500 && (await team.object.query(isBehind)).length > 0; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function countRows(team: BenchTeam, receiver: Receiver, backlog: number): Promise<number> {
  await team.object.startCounting();
  receiver.keep(backlog);
  const { remove } = await drain(team, receiver, backlog);
  const [, written] = await team.object.stopCounting();
  await remove();
  // The endpoint itself is not part of delivering.
  return (written - 1) / backlog;
}

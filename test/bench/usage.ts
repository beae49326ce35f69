// GET /v1/usage over a month of a team that is small, large or far beyond what a team is.
import { MEMBERS } from './order.ts';
import type { BenchTeam, Rig } from './rig.ts';
import { median, ms, whole, type Section } from './table.ts';

const ENTRIES = [10_000, 100_000, 1_000_000] as const;
/** SQLite takes two megabytes of JSON at most. */
const CHUNK = 5_000;
const ROUNDS = 15;
const GOAL_MS = 50;
export const MONTH = Date.UTC(2026, 9, 1);
const LATER = Date.UTC(2027, 0, 1);
export const RANGE = '/v1/usage?from=2026-10-01&to=2026-11-01&zone=Europe/Berlin';
const QUERIES = new Map([
  ['total', RANGE],
  ['by member and model', `${RANGE}&group_by=member,model`],
  ['by day', `${RANGE}&step=day`],
  ['by day and member', `${RANGE}&step=day&group_by=member`],
  ['by session, of one member', `${RANGE}&group_by=session&member=member0@example.com`],
]);

/** Of a month that came months later, as a backfill brings it. */
const LATE_QUERIES = new Map([
  ['total, backfilled', RANGE],
  ['by day and member, backfilled', `${RANGE}&step=day&group_by=member`],
]);

export async function usage(rig: Rig): Promise<Section> {
  const rows: string[][] = [];
  for (const entries of ENTRIES) {
    const team = await rig.team();
    await fillTeam(team, entries);
    for (const [name, path] of QUERIES) rows.push(await time(team, entries, name, path));
    const late = await rig.team();
    await fillTeam(late, entries, LATER);
    for (const [name, path] of LATE_QUERIES) rows.push(await time(late, entries, name, path));
  }
  return {
    title: 'Usage query',
    note: `\`GET /v1/usage\` over a month in Europe/Berlin, medians of ${ROUNDS}, over HTTP, beside \`GET /v1/team\`, which reads one row. The ledger is of 20 members, 10 projects and 4 models in working hours.`,
    columns: ['ledger entries', 'query', 'median', 'goal', 'GET /v1/team', 'rows read'],
    rows,
  };
}

export async function fillTeam(team: BenchTeam, entries: number, received = MONTH): Promise<void> {
  for (let from = 0; from < entries; from += CHUNK) {
    const chunk = { total: entries, from, to: Math.min(from + CHUNK, entries), month: MONTH, received };
    await team.object.write(chunk);
  }
}

async function time(team: BenchTeam, entries: number, name: string, path: string): Promise<string[]> {
  await team.object.startCounting();
  const { total } = (await team.call('GET', path)) as { total: { messages: number } };
  const [read] = await team.object.stopCounting();
  const expected = path.includes('&member=') ? entries / MEMBERS : entries;
  if (total.messages !== expected) throw new Error(`usage says ${total.messages} messages of ${expected}`);
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await timed(() => team.call('GET', path)));
    bare.push(await timed(() => team.call('GET', '/v1/team')));
  }
  // By session the answer itself grows with what was done.
  const hasGoal = entries === 1_000_000 && !path.includes('group_by=session');
  const goal = hasGoal ? `< ${GOAL_MS} ms: ${median(ours) < GOAL_MS ? 'met' : 'NOT MET'}` : '';
  return [whole(entries), name, ms(median(ours)), goal, ms(median(bare)), whole(read)];
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

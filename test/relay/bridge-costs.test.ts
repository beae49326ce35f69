// OpenCode's spend in the town's own report, and the town's Claude in the ledger.
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import { localTime } from '../../plugin/cli/bridge/costs-line.ts';
import { costsOut } from '../../plugin/cli/bridge/costs-out.ts';
import { claudeIn } from '../../plugin/cli/bridge/claude-in.ts';
import type { Disk } from '../../plugin/cli/bridge/disk.ts';
import type { Work } from '../../plugin/cli/bridge/work.ts';
import type { TownTags } from '../../plugin/contract.ts';
import type { GasTown } from '../support/gas-town.ts';
import { until } from '../support/until.ts';
import { realGt, WHICH } from '../support/real-gt.ts';
import { useTown, bridgeOnce, workFor } from './bridging.ts';
import { batch, message, source } from './builders.ts';
import type { TestTeam } from './harness.ts';
import { useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);
const town = useTown();

let seq = 0;

/** A message of an agent that has just been begun. */
async function spend(team: TestTeam, usd: string, tags: Partial<TownTags> | null): Promise<void> {
  const now = new Date().toISOString();
  const town = tags === null ? null : { town: 'lab', role: null, rig: null, worker: null, bead: null, ...tags };
  seq += 1;
  const one = message(1, { message: `msg_b${seq}`, cost_usd: usd, created_at: now, completed_at: now }, { time: now });
  const { status } = await team.call(
    'POST',
    '/v1/events',
    batch([one], { source: source({ id: `src_b${seq}`, town }) }),
  );
  expect(status).toBe(202);
}

interface Line {
  readonly session_id: string;
  readonly cost_usd: number;
  readonly [name: string]: unknown;
}

function linesOf({ costsFile }: GasTown): readonly Line[] {
  if (!existsSync(costsFile)) return [];
  return readFileSync(costsFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** In nano-dollars, exact. */
function sumOf(town: GasTown): number {
  return linesOf(town).reduce((sum, line) => sum + Math.round(line.cost_usd * 1e9), 0);
}

function report({ gt, home, root }: GasTown): unknown {
  const words = ['costs', '--today', '--by-role', '--by-rig', '--json'];
  const { stdout } = spawnSync(realGt ?? gt, words, {
    cwd: root,
    env: { ...process.env, HOME: home },
    encoding: 'utf8',
  });
  return JSON.parse(stdout);
}

const TOAST = { role: 'polecat', rig: 'app', worker: 'Toast', bead: 'ap-7' };

test(`${WHICH} shows what OpenCode spent, by role and rig, and then what came since`, async () => {
  await spend(team, '0.00396', TOAST);
  await spend(team, '0.25', TOAST);
  await spend(team, '1.5', { role: 'mayor' });
  await spend(team, '0.125', { role: 'witness', rig: 'app' });
  await spend(team, '0.5', { role: 'dog', worker: 'rex' });
  await spend(team, '0.0625', { rig: 'app' });
  await spend(team, '99', { town: 'other', role: 'mayor' });
  await spend(team, '99', null);
  const first = await bridgeOnce(relay, team, town);
  expect([first.code, first.stderr]).toEqual([0, '']);
  expect(linesOf(town).toSorted((a, b) => a.session_id.localeCompare(b.session_id))).toMatchObject([
    { session_id: 'ap-Toast', role: 'polecat', rig: 'app', worker: 'Toast', cost_usd: 0.25396, work_item: 'ap-7' },
    { session_id: 'ap-unknown', role: 'unknown', rig: 'app', cost_usd: 0.0625 },
    { session_id: 'ap-witness', role: 'witness', rig: 'app', cost_usd: 0.125 },
    { session_id: 'hq-dog-rex', role: 'dog', worker: 'rex', cost_usd: 0.5 },
    { session_id: 'hq-mayor', role: 'mayor', worker: 'mayor', cost_usd: 1.5 },
  ]);
  await spend(team, '0.01', { role: 'mayor' });
  await bridgeOnce(relay, team, town);
  expect(linesOf(town)).toHaveLength(6);
  expect(linesOf(town).at(-1)).toMatchObject({ session_id: 'hq-mayor', cost_usd: 0.01 });
  const { by_role, by_rig } = report(town) as { by_role: Record<string, number>; by_rig: Record<string, number> };
  expect(Object.fromEntries(Object.entries(by_role).map(([role, usd]) => [role, usd.toFixed(9)]))).toEqual({
    dog: '0.500000000',
    mayor: '1.510000000',
    polecat: '0.253960000',
    unknown: '0.062500000',
    witness: '0.125000000',
  });
  expect(by_rig['app']?.toFixed(9)).toBe('0.441460000');
});

test('a role with a rig and without one, and a rig without a role, are told apart', async () => {
  await spend(team, '0.5', { role: 'dog', worker: 'rex' });
  await spend(team, '0.25', { role: 'dog', rig: 'app', worker: 'rex' });
  await spend(team, '0.125', { rig: 'app', worker: 'rex' });
  await bridgeOnce(relay, team, town);
  const told = linesOf(town).map(({ role, rig, worker, cost_usd }) => [role, rig, worker, cost_usd]);
  expect(told.toSorted((a, b) => Number(a[3]) - Number(b[3]))).toEqual([
    ['unknown', 'app', 'rex', 0.125],
    ['dog', 'app', 'rex', 0.25],
    ['dog', undefined, 'rex', 0.5],
  ]);
});

test('what a repricing takes back is taken back in the town', async () => {
  const { work } = workFor(relay, team, town);
  const part = costsOut(work);
  await spend(team, '0.5', TOAST);
  expect(await part()).toMatchObject({ kind: 'done', value: 1 });
  await team.call('POST', '/v1/prices/rules', { kind: 'plan', provider: 'anthropic' });
  const from = new Date(Date.now() - 86_400_000).toISOString();
  expect((await team.call('POST', '/v1/prices/reprice', { from })).status).toBe(202);
  await until('the repricing', async () => {
    const { body } = await team.call('GET', '/v1/usage?town=lab');
    return body.total.cost_usd === '0';
  });
  expect(await part()).toMatchObject({ kind: 'done', value: 1 });
  expect(linesOf(town).map(({ cost_usd }) => cost_usd)).toEqual([0.5, -0.5]);
});

test('what comes days late is told on the day on which it comes, from the first day of the bridge on', async () => {
  let now = Date.now();
  const { work } = workFor(relay, team, town);
  const part = costsOut({ ...work, io: { ...work.io, now: () => now } });
  await part();
  now += 5 * 86_400_000;
  await spend(team, '0.5', TOAST);
  expect(await part()).toMatchObject({ kind: 'done', value: 1 });
  const [line] = linesOf(town);
  expect(String(line?.['ended_at']).slice(0, 10)).toBe(localTime(now).slice(0, 10));
  expect(await costsOut({ ...work, io: { ...work.io, now: () => now } })()).toMatchObject({ kind: 'done', value: 0 });
});

test.each([
  ['is taken for told where a digest left nothing of its day', '', 0],
  ['is told where other lines of its day are left', 'today', 500_000_000],
])('what was announced and is not there the next day %s', async (_, left, sum) => {
  const { work } = workFor(relay, team, town);
  await costsOut(work)();
  await spend(team, '0.5', TOAST);
  const append = () => {
    throw new Error('killed');
  };
  const full: Work = { ...work, disk: { ...work.disk, append } };
  await expect(costsOut(full)()).rejects.toThrow('killed');
  mkdirSync(dirname(town.costsFile), { recursive: true });
  writeFileSync(town.costsFile, left === '' ? '' : claudeLine(1, { ended_at: localTime(Date.now()) }));
  const tomorrow = { ...work, io: { ...work.io, now: () => Date.now() + 86_400_000 } };
  await costsOut(tomorrow)();
  const told = linesOf(town).filter((line) => 'gasline' in line);
  expect(told.reduce((all, line) => all + Math.round(line.cost_usd * 1e9), 0)).toBe(sum);
});

test('a disk that is full while a line is written down costs no cent and counts none twice', async () => {
  const { work } = workFor(relay, team, town);
  let writes = 0;
  const replace: Disk['replace'] = (path, text) => {
    writes += 1;
    // The third is what says that the line is written.
    if (writes === 3) throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
    work.disk.replace(path, text);
  };
  const part = costsOut({ ...work, disk: { ...work.disk, replace } });
  await spend(team, '0.5', TOAST);
  await expect(part()).rejects.toThrow('no room');
  expect(sumOf(town)).toBe(500_000_000);
  expect(await part()).toMatchObject({ kind: 'done', value: 0 });
  expect(sumOf(town)).toBe(500_000_000);
});

test('what the relay does not take of the town is said', async () => {
  const { work, said } = workFor(relay, team, town);
  mkdirSync(dirname(town.costsFile), { recursive: true });
  appendFileSync(town.costsFile, claudeLine(5_000) + claudeLine(5_001));
  expect(await claudeIn(work)()).toMatchObject({ kind: 'done', value: 2 });
  expect(said.join('\n')).toMatch(
    /the relay does not take gt_[0-9a-f]{16}: data\.cost_usd: must be at most 1000 dollars/,
  );
  expect(await claudeUsd(team)).toBe('1');
});

test('nothing is told twice: without its state the bridge reads what it wrote, after a digest it knows by its state', async () => {
  await spend(team, '0.25', TOAST);
  await bridgeOnce(relay, team, town);
  const state = join(town.home, '.local');
  rmSync(state, { recursive: true });
  await bridgeOnce(relay, team, town);
  expect(sumOf(town)).toBe(250_000_000);

  // `gt costs digest` takes the lines out and writes the file anew.
  writeFileSync(town.costsFile, '');
  await spend(team, '0.000000001', TOAST);
  await bridgeOnce(relay, team, town);
  await bridgeOnce(relay, team, town);
  expect(sumOf(town)).toBe(1);
});

test("a line that somebody else could not end does not swallow the bridge's", async () => {
  mkdirSync(dirname(town.costsFile), { recursive: true });
  writeFileSync(town.costsFile, '{"session_id":"hq-ma');
  await spend(team, '0.25', TOAST);
  await bridgeOnce(relay, team, town);
  const lines = readFileSync(town.costsFile, 'utf8').split('\n');
  expect([lines.length, lines[0]]).toEqual([3, '{"session_id":"hq-ma']);
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ cost_usd: 0.25 });
});

function claudeLine(usd: number, given: object = {}): string {
  const ended_at = new Date().toISOString();
  return `${JSON.stringify({ session_id: 'ap-max', role: 'crew', rig: 'app', worker: 'max', cost_usd: usd, ended_at, work_item: 'ap-9', ...given })}\n`;
}

async function claudeUsd(team: TestTeam): Promise<string> {
  const { body } = await team.call('GET', '/v1/usage?agent=claude');
  return body.total.cost_usd;
}

test("the town's Claude is charged once, each session by what came since its line before, and never told back", async () => {
  mkdirSync(dirname(town.costsFile), { recursive: true });
  // 1.00, 1.50 and 1.50 of one transcript, then a new one that cost 0.25.
  appendFileSync(town.costsFile, [1, 1.5, 1.5, 0.25].map((usd) => claudeLine(usd)).join(''));
  appendFileSync(town.costsFile, claudeLine(0, { session_id: 'ses_1', role: 'unknown' }));
  appendFileSync(town.costsFile, claudeLine(3, { session_id: 'hq-mayor', role: 'mayor', rig: undefined }));
  await spend(team, '0.5', { role: 'crew', rig: 'app', worker: 'max', bead: 'ap-9' });
  const first = await bridgeOnce(relay, team, town);
  expect([first.code, first.stderr]).toEqual([0, '']);
  expect(await claudeUsd(team)).toBe('4.75');
  const { body } = await team.call('GET', '/v1/usage?agent=claude&group_by=worker,bead&role=crew&rig=app&town=lab');
  expect(body.rows).toMatchObject([{ worker: 'max', bead: 'ap-9', cost_usd: '1.75' }]);
  const { body: marked } = await team.call('GET', '/v1/usage?model=gt-costs&provider=anthropic&basis=reported');
  expect(marked.total.cost_usd).toBe('4.75');
  expect(linesOf(town).filter((line) => 'gasline' in line)).toMatchObject([
    { session_id: 'ap-crew-max', cost_usd: 0.5 },
  ]);

  appendFileSync(town.costsFile, claudeLine(0.75));
  await bridgeOnce(relay, team, town);
  await bridgeOnce(relay, team, town);
  expect(await claudeUsd(team)).toBe('5.25');
  // A digest leaves out lines of before; what is left was charged already.
  const rest = readFileSync(town.costsFile, 'utf8').trim().split('\n').slice(5);
  writeFileSync(town.costsFile, `${rest.join('\n')}\n${claudeLine(1)}`);
  await bridgeOnce(relay, team, town);
  expect(await claudeUsd(team)).toBe('5.5');
  expect(linesOf(town).filter((line) => 'gasline' in line)).toHaveLength(1);
});

test('a bridge that has lost its state charges none of the lines that are there, as the one before it has', async () => {
  mkdirSync(dirname(town.costsFile), { recursive: true });
  appendFileSync(town.costsFile, claudeLine(1));
  await bridgeOnce(relay, team, town);
  rmSync(join(town.home, '.local'), { recursive: true });
  await bridgeOnce(relay, team, town);
  appendFileSync(town.costsFile, claudeLine(1.25));
  await bridgeOnce(relay, team, town);
  expect(await claudeUsd(team)).toBe('1.25');
});

// A month's cost of the same messages: asked of the relay's rollups, and computed by ccusage and tokscale from OpenCode's database.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';

import { installPeers } from '../support/peers.ts';
import { workOf } from './month.ts';
import type { Rig } from './rig.ts';
import { median, ms, whole, type Section } from './table.ts';
import { fillTeam, MONTH, RANGE } from './usage.ts';

const ENTRIES = [10_000, 100_000, 1_000_000] as const;
const ROUNDS = 3;

export async function peers(rig: Rig): Promise<Section> {
  const rows: string[][] = [];
  for (const entries of ENTRIES) {
    const team = await rig.team();
    await fillTeam(team, entries);
    const home = mkdtempSync(join(tmpdir(), 'gasline-bench-peers-'));
    try {
      writeHistory(home, entries);
      const { total } = (await team.call('GET', RANGE)) as { total: { cost_usd: string } };
      const said = Number(total.cost_usd);
      const ours = await timed(() => team.call('GET', RANGE));
      const theirs: string[] = [];
      for (const [name, run] of Object.entries(programs(home))) {
        const shown = await run();
        // They add binary fractions.
        if (!(Math.abs(shown - said) <= said / 1e9)) throw new Error(`${name} says ${shown}, the relay ${said}`);
        theirs.push(ms(await timed(run)));
      }
      rows.push([whole(entries), ms(ours), ...theirs, `$${said.toFixed(2)}`]);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  }
  return {
    title: 'A month beside its peers',
    note: `The total of a month: \`GET /v1/usage\` for the team, and the two programs over one machine's database of the same messages, start of the program included; medians of ${ROUNDS}. All three say the same total, or the bench fails.`,
    columns: ['messages', 'GET /v1/usage', 'ccusage', 'tokscale', 'total'],
    rows,
  };
}

/** What each says that all of it costs, in dollars. */
function programs(home: string): Readonly<Record<'ccusage' | 'tokscale', () => Promise<number>>> {
  const { ccusage, tokscale } = installPeers(join(home, 'bin'));
  const env = { PATH: process.env['PATH'], HOME: home, TZ: 'UTC', TOKSCALE_PRICING_CACHE_ONLY: '1' };
  const run = promisify(execFile);
  const options = { env: { ...env, TOKSCALE_CONFIG_DIR: join(home, 'config') }, maxBuffer: 64e6, timeout: 120_000 };
  return {
    async ccusage() {
      const data = join(home, '.local', 'share', 'opencode');
      const given = { ...options, env: { ...options.env, OPENCODE_DATA_DIR: data } };
      const { stdout } = await run(ccusage, ['opencode', 'monthly', '--json', '--offline'], given);
      return (JSON.parse(stdout) as { totals: { totalCost: number } }).totals.totalCost;
    },
    async tokscale() {
      // Its second look at the same database is quick, since it keeps what it parsed: each look here is its first.
      rmSync(options.env.TOKSCALE_CONFIG_DIR, { recursive: true, force: true });
      const asked = ['models', '-c', 'opencode', '--json', '--no-spinner', '--home', home];
      const { stdout } = await run(tokscale, asked, options);
      return (JSON.parse(stdout) as { totalCost: number }).totalCost;
    },
  };
}

/** OpenCode's database as far as its readers look, with the very messages that the relay has. */
function writeHistory(home: string, entries: number): void {
  const folder = join(home, '.local', 'share', 'opencode');
  mkdirSync(folder, { recursive: true });
  const db = new DatabaseSync(join(folder, 'opencode.db'));
  db.exec(/* sql */ `PRAGMA journal_mode = WAL;
    CREATE TABLE project (id text PRIMARY KEY, worktree text NOT NULL, name text);
    CREATE TABLE session (id text PRIMARY KEY, project_id text, parent_id text, directory text, title text, version text,
                          time_created integer, time_updated integer);
    CREATE TABLE message (id text PRIMARY KEY, session_id text, time_created integer, time_updated integer, data text);
    CREATE TABLE part (id text PRIMARY KEY, message_id text, session_id text, data text);
    BEGIN`);
  const project = db.prepare(/* sql */ `INSERT OR IGNORE INTO project VALUES (?, ?, ?)`);
  const session = db.prepare(/* sql */ `INSERT OR IGNORE INTO session VALUES (?, ?, NULL, ?, 't', '1.18.33', ?, ?)`);
  const message = db.prepare(/* sql */ `INSERT INTO message VALUES (?, ?, ?, ?, ?)`);
  const work = workOf(entries, MONTH);
  for (let index = 0; index < entries; index += 1) {
    const one = work(index);
    const { at, tokens } = one;
    const [id, folder] = [`project${one.project}`, `/home/dev/project${one.project}`];
    project.run(id, folder, id);
    // A session stays in the project that it was begun in.
    session.run(one.session, id, folder, at, at);
    const data = {
      role: 'assistant',
      providerID: 'anthropic',
      modelID: one.model,
      agent: 'build',
      cost: one.costNano / 1e9,
      tokens: { input: tokens.input, output: tokens.output, reasoning: 0, cache: { read: tokens.cacheRead, write: 0 } },
      time: { created: at, completed: at + 5_000 },
    };
    message.run(one.message, one.session, at, at, JSON.stringify(data));
  }
  db.exec('COMMIT');
  db.close();
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    await act();
    took.push(performance.now() - start);
  }
  return median(took);
}

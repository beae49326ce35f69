// A machine's history and its live ledger: OpenCode forks, starts sub-agents, compacts, reverts and deletes; then what its
// database still has is sent by `gasline backfill`, and `gasline reconcile` lets ccusage and tokscale say what they see.

import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start, type Exit } from '../support/child.ts';
import { converse, startConversation } from '../support/conversation.ts';
import { nanoOf } from '../support/nano.ts';
import { messageData, openPast, START, TOKENS } from '../support/past.ts';
import { hasPeers, installPeers, type Peers } from '../support/peers.ts';
import { report, usd } from '../support/report.ts';
import { prompt } from '../support/step.ts';
import type { Team } from '../support/team.ts';
import { until } from '../support/until.ts';
import { openWorld, type Laptop, type World } from '../support/world.ts';

const CLI = fileURLToPath(new URL('../../plugin/dist/cli.js', import.meta.url));
const CERTIFICATE = fileURLToPath(new URL('../fixtures/loopback.crt', import.meta.url));
const subagent = (words: string) =>
  ({ kind: 'tool', name: 'task', args: { description: 'sub work', prompt: words, subagent_type: 'general' } }) as const;

/** So much that it is seen where cents are shown. */
const DEAR = { kind: 'say', usage: { input: 100_000, output: 1_000, cached: 0, reasoning: 0 } } as const;
const NO_TOKENS = { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } };

let world: World;
let laptop: Laptop;
/** The same machine, for a team that has never heard of it. */
let fresh: Laptop;
let peers: Peers;

beforeAll(async () => {
  world = await openWorld();
  laptop = await world.laptop('history');
  fresh = await world.laptop('fresh');
  peers = hasPeers ? installPeers(path.join(laptop.opencode.home, 'peers')) : { ccusage: '', tokscale: '' };
  await work();
});

afterAll(() => world.close());

async function work(): Promise<void> {
  const server = await laptop.opencode.serve();
  const { client } = server;
  const main = await startConversation(server, 'main');
  await main.prompt(prompt('a question', DEAR));
  await main.prompt('another one', 'fake-odd');
  await main.prompt(prompt('delegate', subagent('hello')), 'fake-odd');
  const { data } = await client.session.fork({ path: { id: main.id }, body: {}, throwOnError: true });
  await converse(server, data.id).prompt('in the fork', 'fake-odd');
  const body = { providerID: 'fake', modelID: 'fake-model' };
  await client.session.summarize({ path: { id: main.id }, body, throwOnError: true });
  await until('the compaction', () => main.trace().some(({ type }) => type === 'session.compacted'));

  const reverted = await startConversation(server, 'reverted');
  await reverted.prompt('one');
  await reverted.prompt('two', 'fake-odd');
  const second = (await reverted.messages()).filter(({ role }) => role === 'user')[1];
  await client.session.revert({ path: { id: reverted.id }, body: { messageID: second?.id ?? '' }, throwOnError: true });
  await reverted.prompt('another way');

  const deleted = await startConversation(server, 'deleted');
  await deleted.prompt(prompt('delegate', subagent('in vain')));
  await client.session.delete({ path: { id: deleted.id }, throwOnError: true });
  await until('the deletion', () => deleted.trace().some(({ type }) => type === 'session.deleted'));
  server.child.kill('SIGTERM');
  await server.child.exited;
}

function gasline(words: readonly string[], { team, front }: Laptop, home = laptop.opencode.home): Promise<Exit> {
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    NODE_EXTRA_CA_CERTS: CERTIFICATE,
    GASLINE_URL: front.url.href,
    GASLINE_TOKEN: team.ingestToken,
    GASLINE_READ_TOKEN: team.readToken,
  };
  return start(process.execPath, [CLI, ...words], { cwd: home, env }).exited;
}

interface Tool {
  readonly tool: string;
  readonly usd: string;
  readonly measured: boolean;
  readonly causes: readonly { readonly cause: string; readonly usd: string; readonly rows: number }[];
  readonly unexplained_usd: string;
}

async function reconcile(
  on: Laptop,
  home?: string,
): Promise<{ readonly machine_usd: string; readonly tools: readonly Tool[] }> {
  const words = ['reconcile', '--json', '--ccusage', peers.ccusage, '--tokscale', peers.tokscale];
  const { code, stdout, stderr } = await gasline(words, on, home);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** What each cause explains of a tool's figure, in nano-dollars and with its sign. */
function causesOf({ causes }: Tool): Record<string, bigint> {
  return Object.fromEntries(causes.map(({ cause, usd: amount }) => [cause, signed(amount)]));
}

function signed(amount: string): bigint {
  return amount.startsWith('-') ? -nanoOf(amount.slice(1)) : nanoOf(amount);
}

/** What the plugin said of copies: the last word on each. */
async function copies(team: Team): Promise<bigint> {
  const last = new Map<string, bigint>();
  for (const { type, data } of await team.events()) {
    if (type === 'message.updated' && data['copied'] === true) {
      last.set(String(data['message']), nanoOf(String(data['cost_usd'])));
    }
  }
  return [...last.values()].reduce((sum, nano) => sum + nano, 0n);
}

describe.runIf(hasPeers)('on a machine with a history', () => {
  it('is sent whole to a team that has not seen it: what was not reverted, deleted or copied', async () => {
    const live = await laptop.team.usageNano();
    expect(live).toBe(world.model.costNano() - world.model.costNano('title'));

    const { code, stdout } = await gasline(['backfill', '--yes'], fresh);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/fork copies skipped +4,/) });
    const causes = causesOf(toolOf(await reconcile(laptop), 'tokscale'));
    const gone = (causes['reverted'] ?? 0n) + (causes['gone'] ?? 0n) + (causes['deleted'] ?? 0n);
    expect(gone).toBeLessThan(0n);
    expect(await fresh.team.usageNano()).toBe(live + gone);
    const parents = (await fresh.team.sessions()).filter(({ parent }) => parent !== null);
    expect(parents).toHaveLength(1);
  });

  it('changes nothing where it was heard live, nor when it is sent again', async () => {
    const [live, sent] = [await laptop.team.usageNano(), await fresh.team.usageNano()];
    for (const on of [laptop, fresh]) expect(await gasline(['backfill', '--yes'], on)).toMatchObject({ code: 0 });
    expect([await laptop.team.usageNano(), await fresh.team.usageNano()]).toEqual([live, sent]);
  });

  it('shows in ccusage and tokscale what the ledger says, after corrections that have a name', async () => {
    const { machine_usd, tools } = await reconcile(laptop);
    expect(nanoOf(machine_usd)).toBe(await laptop.team.usageNano());
    const copied = await copies(laptop.team);
    expect(copied).toBeGreaterThan(0n);
    for (const tool of tools) {
      const causes = causesOf(tool);
      const { rounding = 0n, reverted = 0n, gone = 0n, deleted = 0n, ...rest } = causes;
      const isTokscale = tool.tool === 'tokscale';
      expect({ tool: tool.tool, rest }).toEqual({
        tool: tool.tool,
        rest: isTokscale ? {} : { 'fork-copies': copied },
      });
      expect([reverted + gone < 0n, deleted < 0n, tool.unexplained_usd]).toEqual([true, true, '0']);
      expect(rounding < 20n && rounding > -20n).toBe(true);
      const corrected = nanoOf(machine_usd) + reverted + gone + deleted + (isTokscale ? 0n : copied) + rounding;
      expect(nanoOf(tool.usd)).toBe(corrected);
      expect(tool.measured).toBe(tool.tool !== 'opencode stats');
    }
    report('the ledger and the other tools', [
      { what: 'Gasline', usd: machine_usd },
      { what: 'invoice with titles', usd: usd(world.model.costNano()) },
      ...tools.map(({ tool, usd: amount, causes }) => ({
        what: tool,
        usd: amount,
        because: causes.map(({ cause, usd: part }) => `${cause} ${part}`).join(', '),
      })),
    ]);
  });

  it("agrees with the database's own sums", async () => {
    const file = path.join(laptop.opencode.home, '.local/share/opencode/opencode.db');
    const database = new DatabaseSync(file, { readOnly: true });
    const row = database
      .prepare(
        /* sql */ `SELECT (SELECT sum(cost) FROM session) AS sessions, sum(data->>'$.cost') AS messages FROM message`,
      )
      .get();
    database.close();
    const { tools } = await reconcile(laptop);
    for (const [tool, sum] of [
      ['opencode stats', row?.['sessions']],
      ['ccusage', row?.['messages']],
    ] as const) {
      expect(Number(toolOf({ tools }, tool).usd)).toBeCloseTo(Number(sum), 7);
    }
  });

  it('agrees with `opencode stats` to the cent that it shows', async () => {
    const { stdout } = await laptop.opencode.start(['stats']).exited;
    const shown = /Total Cost\s+\$([\d.]+)/.exec(stdout)?.[1];
    const { machine_usd, tools } = await reconcile(laptop);
    const explained = toolOf({ tools }, 'opencode stats').usd;
    expect({ stdout, shown }).toMatchObject({ shown: Number(explained).toFixed(2) });
    expect(Number(explained) - Number(machine_usd)).toBeGreaterThan(0.1);
  });
});

describe.runIf(hasPeers)('on a machine with every kind of row', () => {
  it('says for each what another tool makes of it', async () => {
    const past = openPast();
    past.session('ses_1', { cost: 0.350176083 });
    past.session('ses_fork', { at: START + 60_000, cost: 0.1 });
    past.message('msg_plain', { data: { cost: 0.1 } });
    past.message('msg_copy', { session: 'ses_fork', updated: START + 60_000, data: { cost: 0.1 } });
    past.message('msg_tokenless', { at: START + 1, data: { cost: 0.25, tokens: { ...TOKENS, ...NO_TOKENS } } });
    past.message('msg_next', { at: START + 2, table: 'session_message', data: { cost: 0.7 } });
    past.message('msg_negative', { at: START + 3, data: { cost: -5 } });
    past.message('msg_unknown', { at: START + 4, data: { cost: 0, modelID: 'a-model-of-nobody' } });
    past.message('msg_known', {
      at: START + 5,
      data: { cost: 0, providerID: 'anthropic', modelID: 'claude-sonnet-4-5' },
    });
    past.message('msg_fine', { at: START + 6, data: { cost: 0.0001760832 } });
    past.legacy('message/ses_1/msg_old.json', {
      ...messageData('message', START + 7),
      id: 'msg_old',
      sessionID: 'ses_1',
      cost: 0.5,
    });
    const machine = await world.laptop('rows');
    expect(await gasline(['backfill', '--yes'], machine, past.home)).toMatchObject({ code: 0 });
    const { machine_usd, tools } = await reconcile(machine, past.home);
    const bySession = (await machine.team.sessions()).reduce((sum, { costNano }) => sum + costNano, 0n);
    expect(nanoOf(machine_usd)).toBe(bySession);
    report(
      'every kind of row',
      tools.map(({ tool, usd: amount, causes }) => ({
        what: tool,
        usd: amount,
        because: causes.map(({ cause, usd: part }) => `${cause} ${part}`).join(', '),
      })),
    );
    // The price book has a price for the known model, ccusage one of its own, and tokscale none while it is offline.
    const all = Object.fromEntries(tools.map((tool) => [tool.tool, causesOf(tool)]));
    const list = all['tokscale']?.['list-price'] ?? 0n;
    expect(list).toBeLessThan(0n);
    const own = all['ccusage']?.['priced-by-tool'] ?? 0n;
    expect(own).toBeGreaterThan(0n);
    expect(all).toEqual({
      'opencode stats': { 'fork-copies': 100_000_000n, 'list-price': list, 'other-shelf': -1_200_000_000n },
      ccusage: { 'fork-copies': 100_000_000n, 'list-price': list, 'no-tokens': -250_000_000n, 'priced-by-tool': own },
      tokscale: { 'list-price': list },
    });
    past.remove();
  });
});

function toolOf({ tools }: { readonly tools: readonly Tool[] }, name: string): Tool {
  const found = tools.find(({ tool }) => tool === name);
  if (found === undefined) throw new Error(`no ${name} in the answer`);
  return found;
}

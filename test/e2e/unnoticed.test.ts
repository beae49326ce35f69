// Nobody notices that we are there: not on the screen, not on the clock, and nothing of the work leaves the machine.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Exit } from '../support/child.ts';
import type { Exchange } from '../support/front.ts';
import type { OpenCode } from '../support/opencode.ts';
import { FILE_SECRET, ORIGIN_SECRET } from '../support/project.ts';
import { median, report } from '../support/report.ts';
import { prompt } from '../support/step.ts';
import { openWorld, type Laptop, type World } from '../support/world.ts';

const rounds = Number(process.env['GASLINE_UNNOTICED_ROUNDS'] ?? 5);
/** The longest that our plugin may keep an exit waiting. */
const DISPOSE_CAP_MS = 2500;
/** What the clock of a busy machine is not worth asking about. */
const NOISE_MS = 400;

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.close());

describe('beside OpenCode without us', () => {
  let bare: OpenCode;
  let far: Laptop;
  let hung: Laptop;

  beforeAll(async () => {
    bare = world.bareOpenCode('bare');
    far = await world.laptop('far', { rttMs: 300 });
    hung = await world.laptop('hung', { rttMs: 100 });
    await hung.front.set({ kind: 'hang' });
    // The first run in a home makes OpenCode's database.
    for (const { opencode } of [{ opencode: bare }, far, hung]) await opencode.run('warm up');
  });

  it('says nothing, starts as fast, and a hung relay costs no more than the cap at exit', async () => {
    const homes = { bare, far: far.opencode, hung: hung.opencode };
    const names = ['bare', 'far', 'hung'] as const;
    const exits: Record<(typeof names)[number], (Exit & { startMs: number })[]> = { bare: [], far: [], hung: [] };
    // In turns, so that whatever else the machine does slows all of them.
    for (let round = 0; round < rounds; round += 1) {
      for (const name of names)
        exits[name].push(await timedRun(homes[name], prompt('say', { kind: 'say', text: 'the same' })));
    }
    const rows = names.map((name) => ({
      opencode: name === 'bare' ? 'without us' : `with us, relay ${name}`,
      'start ms': Math.round(median(exits[name].map(({ startMs }) => startMs))),
      'run ms': Math.round(median(exits[name].map(({ durationMs }) => durationMs))),
    }));
    report(`medians of ${rounds} runs`, rows);
    for (const name of ['far', 'hung'] as const) expect(exits[name].map(seen)).toEqual(exits.bare.map(seen));
    // The fastest of each: whatever else the machine does can only add.
    const added = (name: 'far' | 'hung', what: 'startMs' | 'durationMs'): number =>
      Math.min(...exits[name].map((exit) => exit[what])) - Math.min(...exits.bare.map((exit) => exit[what]));
    expect(added('far', 'startMs')).toBeLessThan(NOISE_MS);
    expect(added('hung', 'startMs')).toBeLessThan(NOISE_MS);
    expect(added('hung', 'durationMs')).toBeLessThan(DISPOSE_CAP_MS + NOISE_MS);
  });

  it('says nothing when the relay refuses, is down, or the token is wrong', async () => {
    const quiet = seen(await bare.run('hello'));
    const laptop = await world.laptop('refused');
    const outputs: object[] = [];
    for (const weather of [
      { kind: 'down' },
      { kind: 'answer', status: 500 },
      { kind: 'answer', status: 401 },
      { kind: 'answer', status: 413 },
    ] as const) {
      await laptop.front.set(weather);
      outputs.push(seen(await laptop.opencode.run('hello')));
    }
    expect(outputs).toEqual([quiet, quiet, quiet, quiet]);
  });
});

describe('of the work itself', () => {
  const canaries = {
    prompt: 'prompt-canary-1Aq7',
    answer: 'answer-canary-2Bw8',
    'file content': FILE_SECRET,
    'tool argument': 'argument-canary-3Ce9',
    'tool result': 'result-canary-4Dr1',
    title: 'title-canary-5Et2',
    'provider error': 'error-canary-6Fy3',
    'origin credentials': ORIGIN_SECRET,
  };

  async function work({ opencode }: Laptop): Promise<void> {
    const tool = (name: string, args: Record<string, unknown>) => ({ kind: 'tool', name, args }) as const;
    const options = { title: canaries.title };
    await opencode.run(prompt(canaries.prompt, { kind: 'say', text: canaries.answer }), options);
    await opencode.run(prompt('read', tool('read', { filePath: 'notes.txt' })), options);
    const command = `echo ${canaries['tool argument']} > made.txt; echo result-canary-$((4))Dr1; cat notes.txt`;
    await opencode.run(prompt('run', tool('bash', { command, description: canaries['tool argument'] })), options);
    await opencode.run(prompt('fail', { kind: 'fail', status: 401, text: canaries['provider error'] }), options);
  }

  it('nothing leaves the machine', async () => {
    const laptop = await world.laptop('canary');
    await work(laptop);
    const sent = laptop.front.exchanges.map(readable).join('\n');
    // What must be there, or the search below would find nothing in nothing.
    expect(sent).toContain('session.idle');
    expect(sent).toContain('git.example.test/acme/rocket');
    expect(laptop.opencode.trace().map(({ type }) => type)).toContain('session.error');
    expect(found(sent, canaries)).toEqual([]);
  });

  it('nothing lies in the spool', async () => {
    const laptop = await world.laptop('canary-spool');
    await laptop.front.set({ kind: 'down' });
    await work(laptop);
    const files = ourFiles(laptop.opencode.home);
    const spooled = files.map((file) => readFileSync(file, 'latin1')).join('\n');
    expect(spooled).toContain('session.idle');
    expect(found(spooled, canaries)).toEqual([]);
  });
});

async function timedRun(opencode: OpenCode, words: string): Promise<Exit & { startMs: number }> {
  const startedAt = Date.now();
  const run = opencode.spawnRun(words);
  const exit = await run.exited;
  const first = run.trace().find(({ type }) => type === 'session.created');
  return { ...exit, startMs: (first?.at ?? Number.NaN) - startedAt };
}

function seen({ code, stdout, stderr }: Exit): object {
  return { code, stdout, stderr };
}

function readable({ path: address, headers, body }: Exchange): string {
  const text = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  return `${address}\n${JSON.stringify(headers)}\n${text.toString('latin1')}`;
}

function found(text: string, canaries: Readonly<Record<string, string>>): string[] {
  return Object.entries(canaries).flatMap(([what, canary]) => (text.includes(canary) ? [what] : []));
}

/** What we keep on the disk: all that is not OpenCode's, the project's or the witness's. */
function ourFiles(home: string): string[] {
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !/\/opencode\/|\/projects\/|\/trace-\d+\.jsonl$/.test(file.slice(home.length)));
}

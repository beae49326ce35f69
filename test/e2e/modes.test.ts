// The other ways to run OpenCode: the TUI and how it can be left, a server that is stopped, and a client attached to one.

import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEditor } from '../support/acp.ts';
import { report } from '../support/report.ts';
import { askInTerminal, CTRL_C, ENTER, type Terminal } from '../support/terminal.ts';
import type { RawEvent } from '../support/tracer.ts';
import { until } from '../support/until.ts';
import { compare, complete, type Verdict } from '../support/verdict.ts';
import { openWorld, type Laptop, type World } from '../support/world.ts';

const results: Record<string, string | number>[] = [];
let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  report('events stored when the process has gone', results);
  await world.close();
});

describe('every event is stored when the TUI is left by', () => {
  it.for<{ how: string; leave: (terminal: Terminal) => Promise<void> }>([
    { how: '/exit', leave: typeExit },
    { how: 'Ctrl-C', leave: async (terminal) => terminal.type(CTRL_C) },
    { how: 'SIGTERM', leave: async (terminal) => terminal.signal('SIGTERM') },
  ])('$how', async ({ how, leave }) => {
    const laptop = await world.laptop(`tui-${how.replaceAll(/\W/g, '')}`, { rttMs: 100 });
    const terminal = await askInTerminal(laptop.opencode, 'hello from the terminal');
    try {
      await leave(terminal);
      await terminal.exited;
    } finally {
      terminal.close();
    }
    expect(await storedOf(`TUI ${how}`, laptop)).toMatchObject(complete);
  });
});

describe('every event is stored when', () => {
  it('opencode serve is told to stop by SIGTERM right after a turn', async () => {
    const laptop = await world.laptop('serve', { rttMs: 100 });
    const server = await laptop.opencode.serve();
    const session = await server.client.session.create({ body: { title: 'served' }, throwOnError: true });
    await server.client.session.prompt({
      path: { id: session.data.id },
      body: { parts: [{ type: 'text', text: 'hello server' }] },
      throwOnError: true,
    });
    await until('the turn to end', () => server.child.trace().some(isIdle), { everyMs: 2 });
    server.child.kill('SIGTERM');
    const { signal } = await server.child.exited;
    expect(signal).toBe('SIGTERM');
    expect(await storedOf('serve, SIGTERM', laptop)).toMatchObject(complete);
  });

  it('an editor speaks with it over ACP, which makes two instances of one folder', async () => {
    const laptop = await world.laptop('acp');
    const editor = await startEditor(laptop.opencode);
    await editor.prompt('hello from an editor');
    await until('the turn to end', () => editor.child.trace().some(isIdle));
    await until(
      'all to be stored',
      async () => compare(laptop.opencode.trace(), await laptop.team.events()).lost.length === 0,
    );
    editor.child.kill('SIGKILL');
    await editor.child.exited;
    expect(await storedOf('acp', laptop)).toMatchObject(complete);
  });

  it('OpenCode loads two copies of the plugin, of which one works', async () => {
    const laptop = await world.laptop('copies');
    const folder = path.join(laptop.opencode.home, '.config', 'opencode', 'plugin');
    mkdirSync(folder);
    copyFileSync(new URL('../../plugin/dist/index.js', import.meta.url), path.join(folder, 'copy.js'));
    const env = { GASLINE_URL: laptop.front.url.href, GASLINE_TOKEN: laptop.team.ingestToken };
    const { code } = await laptop.opencode.start(['run', 'hello twice'], { env }).exited;
    expect(code).toBe(0);
    const log = path.join(laptop.opencode.home, '.local', 'share', 'opencode', 'log', 'opencode.log');
    expect(readFileSync(log, 'utf8')).toContain('gasline is loaded twice');
    expect(await laptop.team.sources()).toHaveLength(1);
    expect(await storedOf('two copies', laptop)).toMatchObject(complete);
  });

  it('a run is attached to a server', async () => {
    const laptop = await world.laptop('attach', { rttMs: 100 });
    const server = await laptop.opencode.serve();
    const run = laptop.opencode.start(['run', '--attach', server.url.href, 'hello from afar'], {
      env: { OPENCODE_SERVER_PASSWORD: server.password },
    });
    const { code } = await run.exited;
    expect(code).toBe(0);
    await until('the turn to end', () => server.child.trace().some(isIdle));
    server.child.kill('SIGTERM');
    await server.child.exited;
    expect(await storedOf('run --attach', laptop)).toMatchObject(complete);
  });
});

/** Types /exit and waits for the menu to offer it, or Enter would send it as a prompt. */
async function typeExit(terminal: Terminal): Promise<void> {
  terminal.type('/exit');
  await until('the menu to offer the exit', () => terminal.screen().includes('Exit the app'));
  terminal.type(ENTER);
}

function isIdle({ type }: RawEvent): boolean {
  return type === 'session.idle';
}

async function storedOf(mode: string, { opencode, team }: Laptop): Promise<Verdict> {
  const verdict = compare(opencode.trace(), await team.events());
  const { expected, lost, extra, duplicates } = verdict;
  results.push({ mode, events: expected, lost: lost.length, extra: extra.length, duplicates: duplicates.length });
  return verdict;
}

// How a process ends: cleanly, with a relay that hangs, refuses or fails, or by a kill.

import { spawn } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { registry } from '../../plugin/registry.ts';
import { accept, startCollector, until } from './collector.ts';
import type { Collector } from './collector.ts';
import { environment, load, makeHome, message, spoolFiles, TOKEN } from './opencode.ts';
import type { Home } from './opencode.ts';

let home: Home;
let collector: Collector;

beforeEach(async () => {
  home = makeHome();
  collector = await startCollector();
});

afterEach(async () => {
  await Promise.all([...registry().endings].map((end) => end()));
  await collector.stop();
  home.remove();
});

describe('dispose', () => {
  it('ends in time when the relay hangs, and keeps the events', async () => {
    collector.behaviour = () => 'hang';
    const { publish, dispose } = await load(home, options());
    publish('message.updated', message('m1'));
    const start = performance.now();
    await dispose();
    expect(performance.now() - start).toBeLessThan(2600);
    expect(spoolFiles(home)[0]?.text).toContain('"m1"');
  });

  it('does not wait again for a relay that has hung for long', async () => {
    collector.behaviour = () => 'hang';
    const { publish, dispose } = await load(home, options());
    publish('message.updated', message('m1'));
    await until(() => collector.requests.length === 1);
    await new Promise((resolve) => {
      setTimeout(resolve, 2600);
    });
    const start = performance.now();
    await dispose();
    expect(performance.now() - start).toBeLessThan(600);
  }, 10_000);

  it('ends at once when nobody listens, and keeps the events', async () => {
    const { publish, dispose } = await load(home, { url: 'http://127.0.0.1:9', token: TOKEN });
    publish('message.updated', message('m1'));
    const start = performance.now();
    await dispose();
    expect(performance.now() - start).toBeLessThan(1000);
    expect(spoolFiles(home)).toHaveLength(1);
  });

  it('tries once more although a backoff is pending', async () => {
    collector.behaviour = () => ({ status: 500 });
    const { publish, dispose } = await load(home, options());
    publish('message.updated', message('m1'));
    await until(() => collector.requests.length === 1);
    collector.behaviour = accept;
    await dispose();
    expect(collector.requests).toHaveLength(2);
    expect(spoolFiles(home)).toEqual([]);
  });

  it('keeps to the time that the relay asked for', async () => {
    collector.behaviour = () => ({ status: 429, headers: { 'retry-after': '60' } });
    const { publish, dispose } = await load(home, options());
    publish('message.updated', message('m1'));
    await until(() => collector.requests.length === 1);
    await dispose();
    expect(collector.requests).toHaveLength(1);
  });

  it('sends what comes while it drains', async () => {
    let isFirst = true;
    const { publish, dispose } = await load(home, options());
    collector.behaviour = (batch, request) => {
      if (isFirst) publish('message.updated', message('late'));
      isFirst = false;
      return accept(batch, request);
    };
    publish('message.updated', message('m1'));
    await dispose();
    expect(collector.stored()).toHaveLength(2);
  });

  it('called twice is one ending', async () => {
    const { publish, dispose } = await load(home, options());
    publish('message.updated', message('m1'));
    await Promise.all([dispose(), dispose()]);
    expect(collector.stored()).toHaveLength(1);
  });
});

describe('SIGTERM', () => {
  it('under serve sends what is left and then ends the process', async () => {
    const child = await startChild(5, collector.url, 'serve');
    process.kill(child.pid, 'SIGTERM');
    expect(await child.exited).toBe('SIGTERM');
    expect(collector.stored()).toHaveLength(5);
    expect(spoolFiles(home)).toEqual([]);
  });

  it('under run is left to OpenCode', async () => {
    const child = await startChild(5, collector.url, 'run');
    process.kill(child.pid, 'SIGTERM');
    expect(await child.exited).toBe('SIGTERM');
    expect(spoolFiles(home)).toHaveLength(1);
  });
});

describe('what a process left behind', () => {
  it('is sent once by the next one, under its own source, after a kill', async () => {
    const child = await startChild(20);
    process.kill(child.pid, 'SIGKILL');
    await child.exited;
    const [file] = spoolFiles(home);
    // As a kill in the middle of a write would leave it.
    writeFileSync(file?.path ?? '', '{"seq":21,"id":"evt_to', { flag: 'a' });
    const { dispose } = await load(home, options());
    await until(() => collector.stored().length === 20);
    await dispose();
    expect(new Set(collector.requests.map(({ batch }) => batch.source.id)).size).toBe(1);
    expect(collector.stored().map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(spoolFiles(home)).toEqual([]);
  });

  it('is left alone while that process lives', async () => {
    const child = await startChild(3);
    const { dispose } = await load(home, options());
    await new Promise((resolve) => {
      setTimeout(resolve, 1500);
    });
    await dispose();
    expect(collector.requests).toEqual([]);
    process.kill(child.pid, 'SIGKILL');
    await child.exited;
  });

  it('is taken when its process id belongs to another process now', async () => {
    const child = await startChild(3);
    const [file] = spoolFiles(home);
    renameSync(file?.path ?? '', (file?.path ?? '').replace(/-\d+\.jsonl$/, '-1.jsonl'));
    await load(home, options());
    await until(() => collector.stored().length === 3);
    expect(collector.mostAtOnce).toBe(1);
    process.kill(child.pid, 'SIGKILL');
    await child.exited;
  });

  it('is sent by the next plugin of the same process', async () => {
    collector.behaviour = () => ({ status: 500 });
    const first = await load(home, options());
    first.publish('message.updated', message('m1'));
    await first.dispose();
    collector.behaviour = accept;
    const before = collector.requests.length;
    await load(home, options());
    await until(() => collector.requests.length > before);
    expect(collector.requests.at(-1)?.batch.events).toHaveLength(1);
    await until(() => spoolFiles(home).length === 0);
  });

  it('is never sent by two processes at the same time', async () => {
    const dead = await startChild(400);
    process.kill(dead.pid, 'SIGKILL');
    await dead.exited;
    collector.behaviour = async (batch, request) => {
      await new Promise((resolve) => {
        setTimeout(resolve, 100);
      });
      return accept(batch, request);
    };
    const rivals = await Promise.all([
      startChild(0, collector.url),
      startChild(0, collector.url),
      startChild(0, collector.url),
    ]);
    await until(() => collector.stored().length === 400);
    await until(() => spoolFiles(home).length === 0);
    expect(collector.mostAtOnce).toBe(1);
    expect(collector.requests.flatMap(({ batch }) => batch.events)).toHaveLength(400);
    for (const rival of rivals) process.kill(rival.pid, 'SIGKILL');
    await Promise.all(rivals.map(({ exited }) => exited));
  });

  it('goes to no other team', async () => {
    const child = await startChild(3);
    process.kill(child.pid, 'SIGKILL');
    await child.exited;
    const { publish, dispose } = await load(home, { ...options(), token: 'gl_ingest_rivals_t1_secret_mac' });
    publish('session.compacted', { sessionID: 's1' });
    await until(() => collector.requests.length === 1);
    await new Promise((resolve) => {
      setTimeout(resolve, 700);
    });
    await dispose();
    expect(collector.stored()).toHaveLength(1);
    expect(spoolFiles(home)).toHaveLength(1);
  });
});

function options(url = collector.url) {
  return { url, token: TOKEN };
}

/** Another process with the plugin in it that publishes some messages; by default to the same team while it is out of reach. */
async function startChild(events: number, url?: string, command = 'run') {
  const script = fileURLToPath(import.meta.resolve('./child.ts'));
  const relay = url ?? collector.url;
  const child = spawn(
    process.execPath,
    [script, relay, TOKEN, home.project, String(events), url ? 'online' : 'offline', command],
    {
      env: { ...process.env, ...environment(home.folder) },
      cwd: dirname(script),
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const exited = new Promise((resolve) => {
    child.once('exit', (_, signal) => resolve(signal));
  });
  await new Promise((resolve) => {
    child.stdout.once('data', resolve);
  });
  return { pid: child.pid ?? 0, exited };
}

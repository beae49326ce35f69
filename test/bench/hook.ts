// What the plugin costs OpenCode: the time its event hook holds the loop, with the spool on disk and a relay that is down.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  openSync,
  closeSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Section } from './table.ts';
import { quantile, whole } from './table.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PLUGIN = join(ROOT, 'plugin', 'dist', 'index.js');
const TRACES = join(ROOT, 'test', 'fixtures', 'traces');
const EVENTS = 20_000;
const GOAL_MS = 1;
/** OpenCode's loop turns between bursts; the plugin's timers run then. */
const BURST = 20;

type Hook = (given: { event: unknown }) => Promise<void>;

export async function hook(): Promise<Section> {
  const title = 'Hook time';
  const columns = ['', 'p50', 'p99', 'max', 'goal'];
  if (!existsSync(PLUGIN)) return { title, columns, note: 'Not measured: run `npm run build` first.', rows: [] };
  const folder = mkdtempSync(join(tmpdir(), 'gasline-hook-'));
  const events = recorded();
  const { event, dispose } = await load(folder);
  const file = openSync(join(folder, 'bare'), 'a');
  const line = `${'x'.repeat(400)}\n`;
  const ours: number[] = [];
  const bare: number[] = [];
  for (const [index, next] of events.entries()) {
    ours.push(timed(() => void event({ event: next })));
    bare.push(timed(() => writeSync(file, line)));
    if (index % BURST === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await dispose();
  closeSync(file);
  rmSync(folder, { recursive: true, force: true });
  const p99 = quantile(ours, 0.99);
  return {
    title,
    note: `The synchronous part of the plugin's \`event\` hook over ${whole(events.length)} events as OpenCode 1.18.33 published them, the relay's port closed, a third of which it keeps, beside **the bare append** of a line of 400 bytes to a file for each.`,
    columns,
    rows: [
      ['event hook', ...spread(ours), `p99 < ${GOAL_MS} ms: ${p99 < GOAL_MS ? 'met' : 'NOT MET'}`],
      ['bare append', ...spread(bare), ''],
    ],
  };
}

function timed(act: () => void): number {
  const start = performance.now();
  act();
  return performance.now() - start;
}

function spread(values: readonly number[]): string[] {
  return [quantile(values, 0.5), quantile(values, 0.99), Math.max(...values)].map((value) => `${value.toFixed(3)} ms`);
}

/** The recorded runs again and again, each time under session and message ids of their own. */
function recorded(): readonly unknown[] {
  const text = readdirSync(TRACES)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => readFileSync(join(TRACES, name), 'utf8').trim())
    .join('\n');
  const events: unknown[] = [];
  for (let lap = 0; events.length < EVENTS; lap += 1) {
    const own = text.replaceAll(/\b(ses|msg|prt|evt)_\w+/g, `$&${lap}`);
    for (const line of own.split('\n')) {
      const { id, type, properties } = JSON.parse(line) as Record<string, unknown>;
      if (typeof type === 'string') events.push({ id, type, properties });
    }
  }
  return events.slice(0, EVENTS);
}

/** The plugin as OpenCode loads it, with a home of its own. */
async function load(folder: string): Promise<{ event: Hook; dispose: () => Promise<void> }> {
  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'README.md'), '');
  process.env['XDG_STATE_HOME'] = join(folder, 'state');
  process.env['XDG_CONFIG_HOME'] = join(folder, 'config');
  // Nobody listens on the discard port.
  const options = { url: 'http://127.0.0.1:9', token: 'bench', member: 'ann@example.com' };
  const { default: plugin } = (await import(PLUGIN)) as {
    default: { server: (input: unknown, options: unknown) => Promise<{ event?: Hook; dispose?: () => Promise<void> }> };
  };
  const input = { directory: project, worktree: project, project: { id: 'bench' }, client: quiet };
  const { event, dispose } = await plugin.server(input, options);
  if (event === undefined || dispose === undefined) throw new Error('the plugin did not start');
  return { event, dispose };
}

const quiet = { app: { log: () => Promise.resolve() } };

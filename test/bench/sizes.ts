// How much has to be downloaded and parsed, and how long it takes until it serves.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { transform } from 'esbuild';

import { bundleWorker } from '../../worker/embedded/bundle.ts';
import { start } from '../support/child.ts';
import { packParts } from '../support/pack.ts';
import { until } from '../support/until.ts';
import { atMost, kilobytes, median, ms, type Section } from './table.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PLUGIN = join(ROOT, 'plugin', 'dist', 'index.js');
const MAIL = join(ROOT, 'plugin', 'dist', 'mail.js');
const COMMAND_LINE = join(ROOT, 'plugin', 'dist', 'cli.js');
const VERIFIER = join(ROOT, 'plugin', 'dist', 'webhook.js');
const START = join(ROOT, 'worker', 'embedded', 'start.ts');
const GOAL_BYTES = 12 * 1024;
const GOAL_READY_MS = 3_000;
const STARTS = 5;

export async function sizes(): Promise<Section> {
  const worker = await bundleWorker(join(ROOT, 'worker', 'index.ts'));
  const { code } = await transform(worker, { minify: true, format: 'esm', target: 'es2024', legalComments: 'none' });
  const rows = [['Worker, minified', ...both(Buffer.from(code)), '']];
  if (existsSync(PLUGIN)) {
    rows.push(['plugin, dist/index.js', ...both(readFileSync(PLUGIN)), '']);
    rows.push(['mail and tools, dist/mail.js', ...both(readFileSync(MAIL)), '']);
    rows.push(['command line, dist/cli.js', ...both(readFileSync(COMMAND_LINE)), '']);
    rows.push(['verifier of webhooks, dist/webhook.js', ...both(readFileSync(VERIFIER)), '']);
    const { whole, plugin, mail } = packParts();
    const goal = atMost(GOAL_BYTES, plugin.size, kilobytes);
    rows.push([
      'plugin, packed: what every OpenCode loads',
      kilobytes(plugin.unpackedSize),
      kilobytes(plugin.size),
      goal,
    ]);
    rows.push(['mail and tools, packed', '', kilobytes(mail), '']);
    rows.push(['package, packed', kilobytes(whole.unpackedSize), kilobytes(whole.size), '']);
  }
  const [first, again] = await starts();
  rows.push(['ready after `npm start`, the first on a folder', ms(first), '', atMost(GOAL_READY_MS, first, ms)]);
  rows.push(['ready after `npm start`, the next', ms(again), '', atMost(GOAL_READY_MS, again, ms)]);
  return {
    title: 'Sizes',
    note: `Ready: from the start of the program to its greeting, medians of ${STARTS}. Sizes: gzip at level 9; the package is the tarball that npm would publish, the plugin the same without what some or all never load. Without their rows, run \`npm run build\` first.`,
    columns: ['', 'bytes or time', 'gzipped', 'goal'],
    rows,
  };
}

function both(bytes: Buffer): string[] {
  return [kilobytes(bytes.length), kilobytes(gzipSync(bytes, { level: 9 }).length)];
}

/** How long the program takes until it serves: on a new folder, where it makes a team, and on one of before. */
async function starts(): Promise<readonly [first: number, again: number]> {
  const [first, again]: [number[], number[]] = [[], []];
  for (let round = 0; round < STARTS; round += 1) {
    const folder = mkdtempSync(join(tmpdir(), 'gasline-start-'));
    first.push(await readyAfter(folder));
    again.push(await readyAfter(folder));
    rmSync(folder, { recursive: true, force: true });
  }
  return [median(first), median(again)];
}

async function readyAfter(folder: string): Promise<number> {
  const before = performance.now();
  const program = start(process.execPath, [START, '--data', folder, '--port', '0'], { cwd: folder, env: process.env });
  await until('a relay that listens', () => program.stdout().includes('is listening'), { everyMs: 5 });
  const took = performance.now() - before;
  program.kill('SIGTERM');
  await program.exited;
  return took;
}

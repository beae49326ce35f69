// How much has to be downloaded and parsed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { transform } from 'esbuild';

import { bundleWorker } from '../../worker/embedded/bundle.ts';
import { packParts } from '../support/pack.ts';
import { atMost, kilobytes, type Section } from './table.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PLUGIN = join(ROOT, 'plugin', 'dist', 'index.js');
const COMMAND_LINE = join(ROOT, 'plugin', 'dist', 'cli.js');
const VERIFIER = join(ROOT, 'plugin', 'dist', 'webhook.js');
const GOAL_BYTES = 12 * 1024;

export async function sizes(): Promise<Section> {
  const worker = await bundleWorker(join(ROOT, 'worker', 'index.ts'));
  const { code } = await transform(worker, { minify: true, format: 'esm', target: 'es2024', legalComments: 'none' });
  const rows = [['Worker, minified', ...both(Buffer.from(code)), '']];
  if (existsSync(PLUGIN)) {
    rows.push(['plugin, dist/index.js', ...both(readFileSync(PLUGIN)), '']);
    rows.push(['command line, dist/cli.js', ...both(readFileSync(COMMAND_LINE)), '']);
    rows.push(['verifier of webhooks, dist/webhook.js', ...both(readFileSync(VERIFIER)), '']);
    const { whole, plugin } = packParts();
    const goal = atMost(GOAL_BYTES, plugin.size, kilobytes);
    rows.push([
      'plugin, packed without command line and verifier',
      kilobytes(plugin.unpackedSize),
      kilobytes(plugin.size),
      goal,
    ]);
    rows.push(['package, packed', kilobytes(whole.unpackedSize), kilobytes(whole.size), '']);
  }
  return {
    title: 'Sizes',
    note: 'gzip at level 9; the package is the tarball that npm would publish, the plugin the same without what OpenCode never loads. Without their rows, run `npm run build` first.',
    columns: ['', 'bytes', 'gzipped', 'goal'],
    rows,
  };
}

function both(bytes: Buffer): string[] {
  return [kilobytes(bytes.length), kilobytes(gzipSync(bytes, { level: 9 }).length)];
}

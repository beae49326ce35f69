// How much has to be downloaded and parsed.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { transform } from 'esbuild';

import { bundleWorker } from '../../worker/embedded/bundle.ts';
import { atMost, kilobytes, type Section } from './table.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PLUGIN = join(ROOT, 'plugin', 'dist', 'index.js');
const GOAL_BYTES = 12 * 1024;

export async function sizes(): Promise<Section> {
  const worker = await bundleWorker(join(ROOT, 'worker', 'index.ts'));
  const { code } = await transform(worker, { minify: true, format: 'esm', target: 'es2024', legalComments: 'none' });
  const rows = [['Worker, minified', ...both(Buffer.from(code)), '']];
  if (existsSync(PLUGIN)) {
    rows.push(['plugin, dist/index.js', ...both(readFileSync(PLUGIN)), '']);
    const [packed] = pack();
    if (packed !== undefined) {
      const goal = atMost(GOAL_BYTES, packed.size, kilobytes);
      rows.push(['plugin, packed', kilobytes(packed.unpackedSize), kilobytes(packed.size), goal]);
    }
  }
  return {
    title: 'Sizes',
    note: 'gzip at level 9; the packed plugin is the tarball that npm would publish. Without its rows, run `npm run build` first.',
    columns: ['', 'bytes', 'gzipped', 'goal'],
    rows,
  };
}

function both(bytes: Buffer): string[] {
  return [kilobytes(bytes.length), kilobytes(gzipSync(bytes, { level: 9 }).length)];
}

function pack(): readonly { size: number; unpackedSize: number }[] {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json'], {
    cwd: join(ROOT, 'plugin'),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(output) as { size: number; unpackedSize: number }[];
}

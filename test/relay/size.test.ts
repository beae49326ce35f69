import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

import { report } from '../support/report.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Far below the platform's own limit of 3 MB: a Worker that is small starts fast. */
const MAX_GZIPPED = 208 * 1024;

test('what wrangler would deploy is built without a network and is small', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'gasline-deploy-'));
  const wrangler = join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin', 'wrangler.js');
  const env = {
    PATH: process.env['PATH'],
    HOME: outdir,
    CI: 'true',
    WRANGLER_SEND_METRICS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  };
  const args = [wrangler, 'deploy', '--dry-run', '--outdir', join(outdir, 'out')];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8', timeout: 60_000 });
  expect([status, stderr.includes('ERROR')]).toEqual([0, false]);
  const built = readdirSync(join(outdir, 'out')).filter((name) => name.endsWith('.js'));
  expect(built).toEqual(['index.js']);
  const script = readFileSync(join(outdir, 'out', 'index.js'));
  const gzipped = gzipSync(script, { level: 9 }).length;
  report('The Worker', [{ bytes: script.length, gzipped, most: MAX_GZIPPED }]);
  expect(gzipped).toBeLessThanOrEqual(MAX_GZIPPED);
  rmSync(outdir, { recursive: true, force: true });
});

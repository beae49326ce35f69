import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { hasPeers, installPeers } from '../support/peers.ts';

/** Elsewhere the tests that run them are skipped, and this one says so: in CI that is a failure. */
test.runIf(hasPeers || process.env['CI'] !== undefined)(
  'ccusage and tokscale, which the e2e tests hold reconcile against, are here in the versions that we name',
  async () => {
    expect(hasPeers, 'they are built for linux-x64: nothing is proven beside them here').toBe(true);
    const folder = mkdtempSync(path.join(tmpdir(), 'gasline-peers-'));
    try {
      const manifest = readFileSync(path.join(import.meta.dirname, '..', '..', 'package.json'), 'utf8');
      const { optionalDependencies: named } = JSON.parse(manifest) as { optionalDependencies: Record<string, string> };
      const { ccusage, tokscale } = installPeers(folder);
      for (const [program, name] of [
        [ccusage, '@ccusage/ccusage-linux-x64'],
        [tokscale, '@tokscale/cli-linux-x64-gnu'],
      ] as const) {
        const { stdout } = await promisify(execFile)(program, ['--version'], { env: { HOME: folder } });
        expect(stdout).toContain(named[name]);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

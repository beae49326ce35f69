import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { VERSION } from '../../plugin/version.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'plugin');
const manifest = JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8')) as Record<string, unknown>;

describe('the package', () => {
  it('says its own version to the relay', () => {
    expect(VERSION).toBe(manifest.version);
  });

  it('has no run-time dependency and imports nothing but its own files and Node', () => {
    expect(manifest.dependencies).toBeUndefined();
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.ts') && name !== 'build.ts');
    const imported = files.flatMap((file) => importsOf(readFileSync(join(FOLDER, file), 'utf8')));
    expect(imported.length).toBeGreaterThan(50);
    expect(imported.filter((from) => !/^(\.\/|node:)/.test(from))).toEqual([]);
  });

  it('is at most 12 KB packed', () => {
    // Whichever Node npm itself runs on: the package builds before it is packed.
    const packed = spawnSync('npm', ['pack', './plugin', '--dry-run', '--json'], {
      cwd: join(FOLDER, '..'),
      encoding: 'utf8',
    });
    const [archive] = JSON.parse(packed.stdout) as readonly {
      readonly size: number;
      readonly files: readonly { path: string }[];
    }[];
    expect(archive?.files.map(({ path }) => path).toSorted()).toEqual(['README.md', 'dist/index.js', 'package.json']);
    expect(archive?.size).toBeLessThanOrEqual(12 * 1024);
  });
});

function importsOf(text: string): readonly string[] {
  return [...text.matchAll(/^import (?!type )[^;]*? from '([^']+)'/gms)].map(([, from = '']) => from);
}

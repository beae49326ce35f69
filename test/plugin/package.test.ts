import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { VERSION } from '../../plugin/version.ts';
import { packPlugin, packWhole } from '../support/pack.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'plugin');
const manifest = JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8')) as Record<string, unknown>;

describe('the package', () => {
  it('says its own version to the relay', () => {
    expect(VERSION).toBe(manifest.version);
  });

  it('has no run-time dependency and imports nothing but its own files and Node', () => {
    expect(manifest.dependencies).toBeUndefined();
    const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && name !== 'build.ts',
    );
    const imported = files.flatMap((file) => importsOf(readFileSync(join(FOLDER, file), 'utf8')));
    expect(imported.length).toBeGreaterThan(50);
    expect(imported.filter((from) => !/^(\.\.?\/|node:)/.test(from))).toEqual([]);
  });

  // The command line is in the package and never loaded by OpenCode: each has a limit of its own.
  it('is at most 12 KB packed without its command line, which is at most 28 KB more', () => {
    const whole = packWhole();
    const plugin = packPlugin(whole);
    expect(whole.files.map(({ path }) => path).toSorted()).toEqual([
      'README.md',
      'dist/cli.js',
      'dist/index.js',
      'package.json',
    ]);
    expect(plugin.files).toHaveLength(3);
    expect(plugin.size).toBeLessThanOrEqual(12 * 1024);
    expect(whole.size - plugin.size).toBeLessThanOrEqual(28 * 1024);
  });

  it('has a command line that a shell can run', () => {
    expect(manifest['bin']).toEqual({ gasline: './dist/cli.js' });
    expect(readFileSync(join(FOLDER, 'dist', 'cli.js'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});

function importsOf(text: string): readonly string[] {
  return [...text.matchAll(/^import (?!type )[^;]*? from '([^']+)'/gms)].map(([, from = '']) => from);
}

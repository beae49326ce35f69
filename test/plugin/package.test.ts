import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { VERSION } from '../../plugin/version.ts';
import { packParts } from '../support/pack.ts';

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

  // The command line and the verifier are in the package and never loaded by OpenCode: each has a limit of its own.
  it('is at most 12 KB packed without its command line, at most 28 KB more, and its verifier, at most 6 KB more', () => {
    const { whole, plugin, commandLine, verifier } = packParts();
    expect(whole.files.map(({ path }) => path).toSorted()).toEqual([
      'README.md',
      'dist/cli.js',
      'dist/index.js',
      'dist/webhook.d.ts',
      'dist/webhook.js',
      'package.json',
    ]);
    expect(plugin.files.map(({ path }) => path).toSorted()).toEqual(['README.md', 'dist/index.js', 'package.json']);
    expect(plugin.size).toBeLessThanOrEqual(12 * 1024);
    expect(commandLine).toBeLessThanOrEqual(28 * 1024);
    expect(verifier).toBeLessThanOrEqual(6 * 1024);
  });

  it('shortens no name that the wire knows', () => {
    const ours = /const OURS = `(.*?)`/s.exec(readFileSync(join(FOLDER, 'build.ts'), 'utf8'))?.[1] ?? '';
    const shortened = ours.trim().split(/\s+/);
    const contract = readFileSync(join(FOLDER, 'contract.ts'), 'utf8');
    const wire = new Set([...contract.matchAll(/readonly (\w+)\??:/g)].map(([, name]) => name));
    expect(shortened.length).toBeGreaterThan(20);
    expect(wire.size).toBeGreaterThan(40);
    expect(shortened.filter((name) => wire.has(name))).toEqual([]);
  });

  it('has a command line that a shell can run', () => {
    expect(manifest['bin']).toEqual({ gasline: './dist/cli.js' });
    expect(readFileSync(join(FOLDER, 'dist', 'cli.js'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});

function importsOf(text: string): readonly string[] {
  return [...text.matchAll(/^import (?!type )[^;]*? from '([^']+)'/gms)].map(([, from = '']) => from);
}

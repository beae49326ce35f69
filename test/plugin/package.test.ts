import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { VERSION } from '../../plugin/version.ts';
import { packParts } from '../support/pack.ts';
import { signedBy, SPECIFICATION } from '../support/signed.ts';

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

  // Each part has a limit of its own: what every OpenCode loads, what it loads for mail and tools unless both are turned off, what
  // OpenCode 2 loads, and the command line and the verifier, which none does.
  it('is at most 12 KB packed, 7 KB more with mail and tools, 1 KB, 45 KB and 6 KB more with its other parts', () => {
    const { whole, plugin, mail, opencode2, commandLine, verifier } = packParts();
    expect(whole.files.map(({ path }) => path).toSorted()).toEqual([
      'README.md',
      'dist/cli.js',
      'dist/index.js',
      'dist/mail.js',
      'dist/opencode2.js',
      'dist/webhook.d.ts',
      'dist/webhook.js',
      'package.json',
    ]);
    expect(plugin.files.map(({ path }) => path).toSorted()).toEqual(['README.md', 'dist/index.js', 'package.json']);
    expect(plugin.size).toBeLessThanOrEqual(12 * 1024);
    expect(mail).toBeLessThanOrEqual(7 * 1024);
    expect(opencode2).toBeLessThanOrEqual(1024);
    expect(commandLine).toBeLessThanOrEqual(45 * 1024);
    expect(verifier).toBeLessThanOrEqual(6 * 1024);
  });

  it('shortens no name that the wire, another bundle or another copy knows', () => {
    const ours = /const OURS = `(.*?)`/s.exec(readFileSync(join(FOLDER, 'build.ts'), 'utf8'))?.[1] ?? '';
    const shortened = ours.trim().split(/\s+/);
    const known = ['contract.ts', 'registry.ts', 'mail/open.ts'].map((file) =>
      readFileSync(join(FOLDER, file), 'utf8'),
    );
    const wire = new Set([...known.join('').matchAll(/readonly (\w+)\??:/g)].map(([, name]) => name));
    expect(shortened.length).toBeGreaterThan(20);
    expect(wire.size).toBeGreaterThan(40);
    expect(shortened.filter((name) => wire.has(name))).toEqual([]);
  });

  it('has a command line that a shell can run', () => {
    expect(manifest['bin']).toEqual({ gasline: './dist/cli.js' });
    expect(readFileSync(join(FOLDER, 'dist', 'cli.js'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});

const { body, timestamp, v1, v1a } = SPECIFICATION;
const GIVEN = { body, headers: signedBy(v1.signature, v1a.signature), keys: [v1.secret, v1a.publicKey], at: timestamp };

const CHECK = `
  const now = () => at * 1000;
  const events = [];
  for (const key of keys) events.push(await verify(body, headers, key, { now }));
  const refused = await verify(body + ' ', headers, keys, { now }).catch((error) => error);
  const said = [events, refused instanceof WebhookError && refused.code];`;
const SAID = [[{ test: 2_432_232_314 }, { test: 2_432_232_314 }], 'signature-mismatch'];

// In this file because the test above builds, and nobody else may read a half-written bundle.
describe('gasline/webhook, built', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gasline-receiver-'));
    const installed = join(folder, 'node_modules', 'gasline');
    mkdirSync(installed, { recursive: true });
    for (const part of ['package.json', 'dist']) {
      cpSync(join(FOLDER, part), join(installed, part), { recursive: true });
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('Node finds it by its name', () => {
    const text = `import { verify, WebhookError } from 'gasline/webhook';
      const { body, headers, keys, at } = JSON.parse(process.argv[2]);${CHECK}
      console.log(JSON.stringify(said));`;
    writeFileSync(join(folder, 'receiver.js'), text);
    const output = execFileSync(process.execPath, ['receiver.js', JSON.stringify(GIVEN)], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(JSON.parse(output)).toEqual(SAID);
  });

  it('a Worker without any of Node runs it', async () => {
    const text = `import { verify, WebhookError } from './webhook.js';
      export default { async fetch(request) {
        const { body, headers, keys, at } = await request.json();${CHECK}
        return Response.json(said);
      } };`;
    const worker = new Miniflare({
      compatibilityDate: '2026-07-01',
      modules: [
        { type: 'ESModule', path: 'index.js', contents: text },
        {
          type: 'ESModule',
          path: 'webhook.js',
          contents: readFileSync(join(FOLDER, 'dist', 'webhook.js'), 'utf8'),
        },
      ],
    });
    try {
      const response = await worker.dispatchFetch('http://localhost/', { method: 'POST', body: JSON.stringify(GIVEN) });
      expect(await response.json()).toEqual(SAID);
    } finally {
      await worker.dispose();
    }
  });

  it('TypeScript finds its types by its name, and they need none of a platform', () => {
    const receiver = (code: string, returned: string) => `
      import { verify, WebhookError, type EventData, type WebhookEvent } from 'gasline/webhook';
      export async function receive(body: Uint8Array, headers: { get(name: string): string | null }): Promise<${returned}> {
        try {
          const event: WebhookEvent = await verify(body, headers, ['whsec_'], { toleranceS: 60 });
          if (event.type === 'message.updated') return (event.data as EventData['message.updated']).cost_usd;
          return event.source.member;
        } catch (error) {
          if (error instanceof WebhookError && error.code === '${code}') return error.message;
          throw error;
        }
      }`;
    const compile = (text: string) => {
      writeFileSync(join(folder, 'receiver.ts'), text);
      const flags = [
        '--noEmit',
        '--strict',
        '--module',
        'nodenext',
        '--target',
        'es2022',
        '--lib',
        'es2022',
        '--types',
        '',
      ];
      const compiler = join(FOLDER, '..', 'node_modules', 'typescript', 'bin', 'tsc');
      try {
        return execFileSync(process.execPath, [compiler, ...flags, 'receiver.ts'], { cwd: folder, encoding: 'utf8' });
      } catch (error) {
        return String((error as { stdout?: unknown }).stdout);
      }
    };
    expect(compile(receiver('timestamp-old', 'string'))).toBe('');
    expect(compile(receiver('timestamp-odd', 'string'))).toContain('TS2367');
    expect(compile(receiver('timestamp-old', 'number'))).toContain('TS2322');
  });
});

function importsOf(text: string): readonly string[] {
  return [...text.matchAll(/^import (?!type )[^;]*? from '([^']+)'/gms)].map(([, from = '']) => from);
}

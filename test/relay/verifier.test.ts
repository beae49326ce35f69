// gasline/webhook as it is published, in each runtime that it is for.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Miniflare } from 'miniflare';
import { describe, expect, test } from 'vitest';

import { OPENCODE } from '../support/opencode.ts';
import { signedBy, SPECIFICATION } from '../support/signed.ts';
import { useOnce } from './setup.ts';

const { body, timestamp, v1, v1a } = SPECIFICATION;

const PUBLISHED = join(import.meta.dirname, '..', '..', 'plugin', 'dist', 'webhook.js');
const VERIFY = /* js */ `
  import { verify } from './webhook.mjs';
  export function said({ body, headers, key, at }) {
    return verify(body, new Headers(headers), key, { now: () => at }).then(
      (event) => JSON.stringify(event),
      ({ code }) => code,
    );
  }`;
const WORKER = /* js */ `
  import { said } from './said.mjs';
  export default { fetch: async (request) => new Response(await said(await request.json())) };`;
const PROGRAM = /* js */ `
  import { said } from './said.mjs';
  import process from 'node:process';
  process.stdout.write(await said(JSON.parse(process.argv[2])));`;

interface Message {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly key: string;
  readonly at: number;
}

interface Runtime {
  readonly name: string;
  readonly command: string;
  readonly env?: NodeJS.ProcessEnv;
}

const DENO: Runtime = { name: 'Deno', command: 'deno' };
const hasDeno = spawnSync(DENO.command, ['--version']).status === 0;
/** OpenCode is a build of Bun, and is Bun where it is asked to be. Deno has to be there. */
const RUNTIMES: readonly Runtime[] = [
  { name: 'Node', command: process.execPath },
  { name: "Bun, OpenCode's own", command: OPENCODE, env: { BUN_BE_BUN: '1' } },
  ...(hasDeno ? [DENO] : []),
];

const folder = useOnce(
  async () => {
    const path = mkdtempSync(join(tmpdir(), 'gasline-verifier-'));
    copyFileSync(PUBLISHED, join(path, 'webhook.mjs'));
    writeFileSync(join(path, 'said.mjs'), VERIFY);
    writeFileSync(join(path, 'program.mjs'), PROGRAM);
    return { path };
  },
  ({ path }) => rmSync(path, { recursive: true, force: true }),
);

const worker = useOnce(
  async () => {
    process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false';
    const runtime = new Miniflare({
      cf: false,
      modules: [
        { type: 'ESModule', path: 'worker.mjs', contents: WORKER },
        { type: 'ESModule', path: 'said.mjs', contents: VERIFY },
        { type: 'ESModule', path: 'webhook.mjs', contents: readFileSync(PUBLISHED, 'utf8') },
      ],
      compatibilityDate: '2026-07-01',
    });
    return { url: await runtime.ready, close: () => runtime.dispose() };
  },
  ({ close }) => close(),
);

conforms('a Worker', async (message) => {
  const response = await fetch(worker.url, { method: 'POST', body: JSON.stringify(message) });
  return response.text();
});

for (const { name, command, env } of RUNTIMES) {
  conforms(name, async (message) => {
    const words = [join(folder.path, 'program.mjs'), JSON.stringify(message)];
    return execFileSync(command, words, { env: { ...process.env, ...env }, encoding: 'utf8', timeout: 30_000 });
  });
}

/** What every runtime must say of the specification's vectors. */
function conforms(name: string, said: (message: Message) => Promise<string>): void {
  describe(`in ${name}`, () => {
    test.each([
      ['v1', v1.signature, v1.secret],
      ['v1a', v1a.signature, v1a.publicKey],
    ])("the specification's %s vector is accepted, and nothing else", async (_, signature, key) => {
      const good = { body, headers: signedBy(signature), key, at: timestamp * 1_000 };
      expect(JSON.parse(await said(good))).toEqual(JSON.parse(body));
      expect(await said({ ...good, body: `${body} ` })).toBe('signature-mismatch');
      expect(await said({ ...good, at: good.at + 301_000 })).toBe('timestamp-old');
    });
  });
}

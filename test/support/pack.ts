// What npm would publish, and how large: the package as it is, and parts of it. OpenCode loads neither the command line nor the
// verifier of webhooks, and mail and tools, or what OpenCode 2 needs, where they are wanted.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Archive {
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

const PLUGIN = join(import.meta.dirname, '..', '..', 'plugin');
const COMMAND_LINE = ['dist/cli.js'];
const MAIL = ['dist/mail.js'];
const OPENCODE2 = ['dist/opencode2.js'];
const VERIFIER = ['dist/webhook.js', 'dist/webhook.d.ts'];

/** Builds first, as the package's own script does. */
function packWhole(): Archive {
  return pack(PLUGIN, []);
}

export interface Parts {
  readonly whole: Archive;
  /** What every OpenCode loads, with the manifest and the README. */
  readonly plugin: Archive;
  /** What the others make the archive larger by. */
  readonly mail: number;
  readonly opencode2: number;
  readonly commandLine: number;
  readonly verifier: number;
}

export function packParts(): Parts {
  const whole = packWhole();
  const plugin = packWithout(whole, [...COMMAND_LINE, ...VERIFIER, ...MAIL, ...OPENCODE2]);
  const withMail = packWithout(whole, [...COMMAND_LINE, ...VERIFIER, ...OPENCODE2]);
  const withAll = packWithout(whole, [...COMMAND_LINE, ...VERIFIER]);
  const withVerifier = packWithout(whole, COMMAND_LINE);
  return {
    whole,
    plugin,
    mail: withMail.size - plugin.size,
    opencode2: withAll.size - withMail.size,
    commandLine: whole.size - withVerifier.size,
    verifier: withVerifier.size - withAll.size,
  };
}

/** The same files but these, packed by npm in a folder of their own. */
function packWithout({ files }: Archive, left: readonly string[]): Archive {
  const folder = mkdtempSync(join(tmpdir(), 'gasline-pack-'));
  try {
    for (const { path } of files) if (!left.includes(path)) cpSync(join(PLUGIN, path), join(folder, path));
    return pack(folder, ['--ignore-scripts']);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function pack(cwd: string, more: readonly string[]): Archive {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', ...more], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [archive] = JSON.parse(output) as readonly Archive[];
  if (archive === undefined) throw new Error(`npm packed nothing in ${cwd}`);
  return archive;
}

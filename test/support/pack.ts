// What npm would publish, and how large: the package as it is, and without the command line, which OpenCode never loads.

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
const COMMAND_LINE = 'dist/cli.js';

/** Builds first, as the package's own script does. */
export function packWhole(): Archive {
  return pack(PLUGIN, []);
}

/** The same files but the command line, packed by npm in a folder of their own. */
export function packPlugin({ files }: Archive): Archive {
  const folder = mkdtempSync(join(tmpdir(), 'gasline-pack-'));
  try {
    for (const { path } of files) if (path !== COMMAND_LINE) cpSync(join(PLUGIN, path), join(folder, path));
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

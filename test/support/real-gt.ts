// The `gt` of this machine, where it has one: named by GASLINE_GT or found in PATH, with `bd` in PATH for its mail. Tests say in their
// names which one ran.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { basename } from 'node:path';

import type { GasTown } from './gas-town.ts';

const program = process.env['GASLINE_GT'] || 'gt';
const version = /gt version (\S+)/.exec(output(program, ['--version']))?.[1];

/** Null where there is none. */
export const realGt: string | null = version === undefined ? null : program;
export const WHICH = version === undefined ? 'a shim of gt' : `the real gt ${version}`;

/** Whether it can keep mail too. */
const hasBeads = version !== undefined && output('bd', ['version']) !== '';
export const WHICH_MAIL = hasBeads ? `${WHICH} with bd` : 'a shim of gt';

/** Whether it can wake an agent too: a terminal in the town's own tmux (townSocketName of internal/session), which ends with `end`. */
export const WHICH_NUDGE = hasBeads && output('tmux', ['-V']) !== '' ? `${WHICH} with tmux` : 'a shim of gt';

export interface Terminal {
  readonly text: () => string;
  readonly end: () => void;
}

/** Null where the shim stands for all of it. */
export function terminalOf({ root, env }: GasTown, session: string): Terminal | null {
  if (WHICH_NUDGE === 'a shim of gt') return null;
  const real = realpathSync(root);
  const socket = `${basename(root)}-${createHash('sha256').update(real).digest('hex').slice(0, 6)}`;
  const tmux = (...words: readonly string[]) =>
    spawnSync('tmux', ['-u', '-L', socket, ...words], {
      cwd: root,
      env: { ...env, LC_ALL: 'C.UTF-8' },
      encoding: 'utf8',
    });
  // It looks idle, as the agent's prompt is there, and shows what it is given.
  const agent = `while :; do printf '\\342\\235\\257 '; read -r line; echo "had $line"; done`;
  const { status, stderr } = tmux('new-session', '-d', '-s', session, '-x', '160', '-y', '60', agent);
  if (status !== 0) throw new Error(`tmux: ${stderr}`);
  return { text: () => tmux('capture-pane', '-p', '-t', session).stdout, end: () => void tmux('kill-server') };
}

/** The town with the real `gt` in place of the shim, and beads to keep its mail in. */
export function withRealMail(town: GasTown): GasTown {
  if (!hasBeads || realGt === null) return town;
  const env = { ...town.env, GASLINE_GT: realGt };
  const steps = [
    ['git', 'init', '--quiet'],
    ['git', 'config', 'user.name', 'lab'],
    ['git', 'config', 'user.email', 'lab@example.com'],
    ['bd', 'init', '--quiet', '--prefix', 'hq'],
  ] as const;
  for (const [command, ...words] of steps) {
    const { status, stderr } = spawnSync(command, words, { cwd: town.root, env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${stderr}`);
  }
  return { ...town, env, gt: realGt };
}

function output(command: string, words: readonly string[]): string {
  const { status, stdout } = spawnSync(command, words, { encoding: 'utf8' });
  return status === 0 ? stdout : '';
}

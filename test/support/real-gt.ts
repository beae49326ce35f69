// The `gt` of this machine, where it has one: named by GASLINE_GT or found in PATH. Tests say in their names which one ran.

import { spawnSync } from 'node:child_process';

const program = process.env['GASLINE_GT'] || 'gt';
const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
const version = status === 0 ? /gt version (\S+)/.exec(stdout)?.[1] : undefined;

/** Null where there is none. */
export const realGt: string | null = version === undefined ? null : program;
export const WHICH = version === undefined ? 'a shim of gt' : `the real gt ${version}`;

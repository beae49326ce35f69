// Runs `gt`: never through a shell, in the town's folder, with an end however it hangs. What it prints is for people first, so
// that JSON is looked for in it.

import { spawn } from 'node:child_process';

/** A `gt` that hung may have done what it was asked to, and so may one that ended otherwise than with 0. */
export type Ran =
  | { readonly kind: 'done'; readonly stdout: string }
  | { readonly kind: 'refused'; readonly problem: string }
  | { readonly kind: 'unclear'; readonly problem: string }
  | { readonly kind: 'missing'; readonly problem: string };

export type Gt = (args: readonly string[], input?: string) => Promise<Ran>;

const PATIENCE_MS = 60_000;
const MOST_OUTPUT = 32 * 1024 * 1024;
/** Of an error, which may be JSON on several. */
const MOST_LINES = 3;

/** Whose identity these are is another agent's (IdentityEnvVars of internal/config/env.go): the bridge is none. */
const IDENTITY = [
  'GT_ROLE',
  'GT_RIG',
  'GT_CREW',
  'GT_POLECAT',
  'GT_DOG_NAME',
  'GT_SESSION',
  'GT_AGENT',
  'BD_ACTOR',
  'BEADS_AGENT_NAME',
];

export interface GtOptions {
  readonly program: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly patienceMs?: number;
  /** Ends what is running. */
  readonly stop?: AbortSignal | undefined;
}

export function gtOf({ program, cwd, env, patienceMs = PATIENCE_MS, stop }: GtOptions): Gt {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !IDENTITY.includes(name)));
  return (args, input = '') =>
    new Promise((resolve) => {
      if (stop?.aborted === true) {
        resolve({ kind: 'unclear', problem: `gt ${args.slice(0, 2).join(' ')} was not begun, as the bridge ends` });
        return;
      }
      // In a group of its own, so that what it started ends with it.
      const child = spawn(program, [...args], { cwd, env: own, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
      const output = { stdout: '', stderr: '' };
      const end = () => {
        try {
          if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        } catch {
          // It has ended by itself.
        }
      };
      stop?.addEventListener('abort', end);
      const settle = () => {
        clearTimeout(timer);
        stop?.removeEventListener('abort', end);
      };
      const timer = setTimeout(() => {
        settle();
        end();
        // Whatever still holds its pipes open is not waited for.
        resolve({ kind: 'unclear', problem: `gt ${args.slice(0, 2).join(' ')} hung for ${patienceMs / 1_000} s` });
      }, patienceMs);
      for (const name of ['stdout', 'stderr'] as const) {
        child[name].setEncoding('utf8').on('data', (text: string) => {
          output[name] += text;
          if (output[name].length > MOST_OUTPUT) end();
        });
      }
      // One that does not read what it is given says so by how it ends.
      child.stdin.on('error', () => {});
      child.stdin.end(input);
      child.once('error', (error: NodeJS.ErrnoException) => {
        settle();
        resolve({ kind: 'missing', problem: `${program} cannot be run: ${error.code ?? error.message}` });
      });
      child.once('close', (code, signal) => {
        settle();
        resolve(ended(args, output, code, signal));
      });
    });
}

function ended(
  args: readonly string[],
  { stdout, stderr }: { readonly stdout: string; readonly stderr: string },
  code: number | null,
  signal: NodeJS.Signals | null,
): Ran {
  if (code === 0) return { kind: 'done', stdout };
  const what = `gt ${args.slice(0, 2).join(' ')}`;
  if (code === null) return { kind: 'unclear', problem: `${what} was ended by ${signal ?? 'a signal'}` };
  // Warnings of what it looked for in vain stand before the error.
  const lines = (stderr.trim() || stdout.trim()).split('\n');
  const error = lines.findIndex((line) => line.startsWith('Error'));
  const said = error === -1 ? (lines[0] ?? '') : lines.slice(error, error + MOST_LINES).join(' ');
  return { kind: 'refused', problem: `${what} ended with ${code}${said === '' ? '' : `: ${said.slice(0, 300)}`}` };
}

/** The JSON in what `gt` printed, which may stand behind lines for people; undefined where there is none. */
export function jsonIn(stdout: string): unknown {
  for (const { index } of stdout.matchAll(/^[[{]/gm)) {
    try {
      return JSON.parse(stdout.slice(index)) as unknown;
    } catch {
      // A line that only begins like JSON.
    }
  }
  return undefined;
}

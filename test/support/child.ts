// A process of ours: its output is kept, its end is a promise, and it never outlives the test file that started it.

import { spawn } from 'node:child_process';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export interface Child {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  stdout(): string;
  stderr(): string;
  write(bytes: string): void;
  kill(signal: NodeJS.Signals): void;
}

export interface ChildOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Left open for a program that reads keys; otherwise standard input is empty. */
  readonly keepInput?: boolean;
  readonly onOutput?: (text: string) => void;
}

const alive = new Set<number>();
process.once('exit', () => {
  for (const pid of alive) killQuietly(pid, 'SIGKILL');
});

export function start(command: string, args: readonly string[], options: ChildOptions): Child {
  const startedAt = performance.now();
  // OpenCode resolves its folder from PWD; where that differs from the real one it boots two instances.
  const env = { ...options.env, PWD: options.cwd };
  const child = spawn(command, [...args], { cwd: options.cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${command}`);
  alive.add(pid);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      options.onOutput?.(text);
    });
  }
  child.stdin.on('error', () => {}); // A reader that has gone closes its pipe: its exit says so already.
  if (options.keepInput !== true) child.stdin.end();
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      alive.delete(pid);
      resolve({ code, signal, ...output, durationMs: performance.now() - startedAt });
    });
  });
  return {
    pid,
    exited,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    write: (bytes) => child.stdin.write(bytes),
    kill: (signal) => child.kill(signal),
  };
}

export function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

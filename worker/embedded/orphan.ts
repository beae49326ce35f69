// workerd is a child process and outlives us when we are killed without notice. It then still holds the port and the data, so
// its process id is written down at birth, and the next relay on the folder ends it before it starts its own.
import { AsyncLocalStorage } from 'node:async_hooks';
import { execFileSync, type ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folders = new AsyncLocalStorage<string>();
const PATIENCE_MS = 5_000;

// Miniflare does not say which process it started; Node's own channel says so of each, in the context of the one who asked.
subscribe('child_process', (message) => {
  const dataDir = folders.getStore();
  const { process: child } = message as { process: ChildProcess };
  if (dataDir === undefined) return;
  queueMicrotask(() => {
    if (child.pid !== undefined && child.spawnfile.endsWith('workerd')) {
      writeFileSync(pidFile(dataDir), `${child.pid}\n`, { mode: 0o600 });
    }
  });
});

/** Runs `start` so that the workerd it spawns is written down in the folder. */
export function recordingRuntime<T>(dataDir: string, start: () => Promise<T>): Promise<T> {
  return folders.run(dataDir, start);
}

/** Ends the workerd that a killed relay left behind. Call it with the folder locked: a living relay keeps its own. */
export async function endOrphan(dataDir: string): Promise<void> {
  const file = pidFile(dataDir);
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8'));
  if (Number.isSafeInteger(pid) && pid > 1 && commandOf(pid).includes('workerd')) {
    process.kill(pid, 'SIGKILL');
    for (const end = Date.now() + PATIENCE_MS; commandOf(pid).includes('workerd') && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  rmSync(file, { force: true });
}

export function forgetRuntime(dataDir: string): void {
  rmSync(pidFile(dataDir), { force: true });
}

/** The command line of a process, empty where there is none: a process id may have passed to somebody else. */
function commandOf(pid: number): string {
  try {
    if (existsSync('/proc/self/cmdline')) return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return execFileSync('ps', ['-p', pid.toString(), '-o', 'command='], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

function pidFile(dataDir: string): string {
  return join(dataDir, 'workerd.pid');
}

// workerd is a child process and outlives us when we are killed without notice. It then still holds the port and the data, so
// its process id is written down at birth, and the next relay on the folder ends it before it starts its own.
import { AsyncLocalStorage } from 'node:async_hooks';
import { execFileSync, type ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folders = new AsyncLocalStorage<string>();
const PATIENCE_MS = 5_000;
/** Moments are counted from the start of the system. */
const BOOT = '/proc/sys/kernel/random/boot_id';

// Miniflare does not say which process it started; Node's own channel says so of each, in the context of the one who asked.
subscribe('child_process', (message) => {
  const dataDir = folders.getStore();
  const { process: child } = message as { process: ChildProcess };
  if (dataDir === undefined) return;
  queueMicrotask(() => {
    if (child.pid !== undefined && child.spawnfile.endsWith('workerd')) {
      writeFileSync(pidFile(dataDir), `${child.pid} ${birthOf(child.pid)}\n`, { mode: 0o600 });
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
  const [, digits = '', birth = ''] = /^(\d+) (.+)\n$/.exec(readFileSync(file, 'utf8')) ?? [];
  const pid = Number(digits);
  // A process id passes to others, to another relay's workerd too: it is this one that was born at that moment.
  if (pid > 1 && birthOf(pid) === birth) {
    process.kill(pid, 'SIGKILL');
    for (const end = Date.now() + PATIENCE_MS; birthOf(pid) === birth && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  rmSync(file, { force: true });
}

export function forgetRuntime(dataDir: string): void {
  rmSync(pidFile(dataDir), { force: true });
}

/** When a process began, as its system says it; null where there is none any more. */
function birthOf(pid: number): string | null {
  try {
    if (!existsSync('/proc/self/stat'))
      return execFileSync('ps', ['-p', `${pid}`, '-o', 'lstart='], { encoding: 'utf8' }).trim();
    // Not every container shows it.
    const boot = existsSync(BOOT) ? readFileSync(BOOT, 'utf8').trim() : 'boot';
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Behind the command's name, which may hold blanks and brackets, come the state and, the 20th, the moment (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : `${boot} ${fields[19]}`;
  } catch {
    return null;
  }
}

function pidFile(dataDir: string): string {
  return join(dataDir, 'workerd.pid');
}

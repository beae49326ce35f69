// The relay as a person runs it: `npm start` in a process of its own, on a folder and a port that stay the same over restarts.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { killQuietly, start, type Child } from '../support/child.ts';
import { close, listen } from '../support/listen.ts';
import { until } from '../support/until.ts';
import { call, type Reply } from './harness.ts';

export type Victim = 'relay' | 'runtime' | 'both';

export interface RelayProcess {
  readonly dataDir: string;
  readonly url: URL;
  /** Starts the program and resolves once it serves. */
  readonly start: () => Promise<Child>;
  /** Starts it once more beside the one that runs. */
  readonly startAgain: () => Child;
  /** Ends it or its workerd or both without notice, and resolves with the program that serves then. */
  readonly kill: (child: Child, victim: Victim) => Promise<Child>;
  readonly runtimePid: () => number | null;
  /** Ends whatever a failed test left running, its workerd too, which would outlive it. */
  readonly end: () => void;
  readonly call: (scope: 'ingest' | 'admin', method: string, path: string, body?: unknown) => Promise<Reply>;
}

const START = join(import.meta.dirname, '..', '..', 'worker', 'embedded', 'start.ts');

/** `npm start` with these options, whatever becomes of it. */
export function startProgram(dataDir: string, options: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  const given = ['--data', dataDir, ...options];
  return start(process.execPath, [START, ...given], { cwd: dataDir, env: { ...process.env, TZ: 'UTC', ...env } });
}

/** The process id of the workerd on a folder. */
export function runtimeOf(dataDir: string): number {
  return Number.parseInt(readFileSync(join(dataDir, 'workerd.pid'), 'utf8'));
}

export async function relayProcess(dataDir: string): Promise<RelayProcess> {
  const url = await freeAddress();

  const started: Child[] = [];
  function startAgain(): Child {
    const child = startProgram(dataDir, ['--port', url.port, '--rate-limit', '1000000']);
    started.push(child);
    return child;
  }

  function runtimePid(): number | null {
    try {
      return runtimeOf(dataDir);
    } catch {
      return null;
    }
  }

  async function startOne(): Promise<Child> {
    const child = startAgain();
    await Promise.race([
      until('a relay that listens', () => child.stdout().includes('is listening')),
      child.exited.then(({ stderr }) => Promise.reject(new Error(`the relay did not start: ${stderr}`))),
    ]);
    return child;
  }

  return {
    dataDir,
    url,
    start: startOne,
    startAgain,
    runtimePid,
    end() {
      for (const child of started) child.kill('SIGKILL');
      const pid = runtimePid();
      if (pid !== null && isAlive(pid)) killQuietly(pid, 'SIGKILL');
    },
    async kill(child, victim) {
      const pid = runtimePid();
      if (victim !== 'runtime') child.kill('SIGKILL');
      if (victim !== 'relay' && pid !== null) killQuietly(pid, 'SIGKILL');
      if (victim === 'runtime') {
        // The program sees the end of its workerd and starts another.
        await until('another workerd', () => runtimePid() !== pid);
        return child;
      }
      await child.exited;
      return startOne();
    },
    call(scope, method, path, body) {
      const { tokens } = JSON.parse(readFileSync(join(dataDir, 'tokens.json'), 'utf8'));
      return call(url, tokens[scope], method, path, body);
    },
  };
}

/** Whether a process runs: one that has ended but that nobody has asked after does not. */
export function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-p', pid.toString(), '-o', 'stat='], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

async function freeAddress(): Promise<URL> {
  const server = createServer();
  const url = await listen(server);
  await close(server);
  return url;
}

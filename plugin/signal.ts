// `opencode serve` ends on SIGTERM without telling its plugins. So there, and only there, we listen ourselves, flush, and
// let the same signal end the process after all. `run` and the terminal keep their own ways out.

import type { Registry } from './registry.ts';

export function isServe(argv: readonly string[], isMainThread: boolean): boolean {
  return isMainThread && commandOf(argv) === 'serve';
}

/** The first of these words is the command: a prompt may well contain the word "serve". */
export function commandOf(argv: readonly string[]): string | undefined {
  return argv.slice(2).find((word) => COMMANDS.has(word));
}

const COMMANDS = new Set(['run', 'serve', 'web', 'acp', 'attach', 'tui', 'github', 'debug']);

export function flushOnTerminate(shared: Registry): void {
  if (shared.listening) return;
  shared.listening = true;
  process.once('SIGTERM', () => {
    shared.listening = false;
    const again = (): void => {
      process.kill(process.pid, 'SIGTERM');
    };
    Promise.all([...shared.endings].map((end) => end())).then(again, again);
  });
}

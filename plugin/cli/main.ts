// The program: the real terminal, clock and network, and nothing else.

import { COMMANDS } from './commands.ts';
import { run } from './run.ts';

// A reader that has seen enough (`gasline costs | head`) closes the pipe: that is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
}

const { columns: wide = Number(process.env.COLUMNS), isTTY = false } = process.stdout as Partial<typeof process.stdout>;

process.exitCode = await run(COMMANDS, process.argv.slice(2), {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  env: process.env,
  fetch,
  now: Date.now,
  columns: wide > 0 ? wide : null,
  isTTY,
  interruption() {
    const controller = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => controller.abort());
    return controller.signal;
  },
});

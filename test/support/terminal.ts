// OpenCode's TUI in a pseudo terminal, which util-linux's `script` makes: keys go in through its standard input, the screen
// comes out of its standard output.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { killQuietly, type Exit } from './child.ts';
import { OPENCODE, type OpenCode, type OpenCodeServer } from './opencode.ts';
import type { RawEvent } from './tracer.ts';
import { until } from './until.ts';

export interface Terminal {
  /** OpenCode's own process, not the pseudo terminal's. */
  readonly pid: number;
  readonly exited: Promise<Exit>;
  trace(): RawEvent[];
  /** What was drawn so far, without the escape sequences. */
  screen(): string;
  type(keys: string): void;
  signal(signal: NodeJS.Signals): void;
  close(): void;
}

export const ENTER = '\r';
export const CTRL_C = '\u0003';

// A terminal answers these questions; the TUI waits for some of the answers before it draws.
const questions: readonly (readonly [question: string, answer: string])[] = [
  ['\u001B[6n', '\u001B[1;1R'],
  ['\u001B[c', '\u001B[?62;c'],
  ['\u001B]11;?', '\u001B]11;rgb:0000/0000/0000\u001B\\'],
  ['\u001B]10;?', '\u001B]10;rgb:ffff/ffff/ffff\u001B\\'],
];

let count = 0;

async function openTerminal(
  opencode: OpenCode,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Terminal> {
  count += 1;
  const pidFile = path.join(opencode.home, `tui-${process.pid}-${count}.pid`);
  const command = [OPENCODE, ...args].map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
  const inside = `stty rows 40 cols 120; echo $$ > ${pidFile}; exec ${command}`;
  const child = opencode.start(['--quiet', '--flush', '--return', '--command', inside, '/dev/null'], {
    command: 'script',
    env: { ...env, SHELL: '/bin/sh', TERM: 'xterm-256color', COLORTERM: 'truecolor' },
    keepInput: true,
    onOutput: (text) => {
      for (const [question, answer] of questions) if (text.includes(question)) child.write(answer);
    },
  });
  const pid = await until('the pseudo terminal to start OpenCode', () => readPid(pidFile));
  return {
    pid,
    exited: child.exited,
    trace: () => child.trace(),
    screen: () => plain(child.stdout()),
    type: (keys) => child.write(keys),
    signal: (signal) => killQuietly(pid, signal),
    close: () => {
      killQuietly(pid, 'SIGKILL');
      child.kill('SIGKILL');
    },
  };
}

/** Opens the TUI, asks something and waits until it is answered. */
export async function askInTerminal(opencode: OpenCode, words: string): Promise<Terminal> {
  const terminal = await openTerminal(opencode, ['--prompt', words]);
  await send(terminal, words, terminal);
  return terminal;
}

/** The same in a TUI that is attached to a server, where the work is done. */
export async function askAttached(opencode: OpenCode, server: OpenCodeServer, words: string): Promise<Terminal> {
  const env = { OPENCODE_SERVER_PASSWORD: server.password };
  const terminal = await openTerminal(opencode, ['attach', server.url.href], env);
  // What comes before it is echoed and lost.
  await until('the TUI to ask', () => terminal.screen().includes('Ask anything'));
  terminal.type(words);
  await send(terminal, words, server.child);
  return terminal;
}

async function send(terminal: Terminal, words: string, { trace }: Pick<Terminal, 'trace'>): Promise<void> {
  const announced = (wanted: string): boolean => trace().some(({ type }) => type === wanted);
  await until('the TUI to draw the prompt', () => terminal.screen().includes(words));
  const began = (): boolean => {
    // The prompt is drawn before it can be sent, and nothing says when.
    if (!announced('session.created')) terminal.type(ENTER);
    return announced('session.created');
  };
  await until('the turn to begin', began, { everyMs: 300 });
  await until('the turn to end', () => announced('session.idle'), { everyMs: 5 });
}

function readPid(file: string): number | null {
  try {
    return Number(readFileSync(file, 'utf8').trim()) || null;
  } catch {
    return null;
  }
}

function plain(screen: string): string {
  // oxlint-disable-next-line no-control-regex -- escape sequences are what this removes
  return screen.replaceAll(/\u001B\[[0-9;?]*[a-zA-Z]|\u001B\][^\u0007\u001B]*(\u0007|\u001B\\)/g, '');
}

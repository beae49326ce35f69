// From the words of the command line to an exit code: 0 done, 1 failed, 2 misused.

import { parseArgs } from 'node:util';

import { VERSION } from '../version.ts';
import { type Command, type Io, misused, type Options, type Outcome, type Values } from './command.ts';
import { commandHelp, help } from './help.ts';
import { plain } from './text.ts';

const ALWAYS = {
  help: { type: 'boolean', short: 'h', about: 'shows this' },
} satisfies Options;

export async function run(
  commands: Readonly<Record<string, Command>>,
  words: readonly string[],
  io: Io,
): Promise<number> {
  const [first, ...rest] = words;
  if (first === undefined) {
    io.stderr(help(commands));
    return 2;
  }
  if (first === '--help' || first === '-h' || first === 'help') {
    io.stdout(help(commands));
    return 0;
  }
  if (first === '--version' || first === '-v') {
    io.stdout(`${VERSION}\n`);
    return 0;
  }
  const command = Object.hasOwn(commands, first) ? commands[first] : undefined;
  if (command === undefined) {
    const what = first.startsWith('-') ? 'option' : 'command';
    return exitCode(misused(`unknown ${what} ${first}`), 'gasline', io);
  }
  return runOne(`gasline ${first}`, command, rest, io);
}

async function runOne(name: string, command: Command, words: readonly string[], io: Io): Promise<number> {
  const [first = '', ...rest] = words;
  const part = Object.hasOwn(command.parts ?? {}, first) ? command.parts?.[first] : undefined;
  if (part !== undefined) return runOne(`${name} ${first}`, part, rest, io);
  const options: Options = { ...command.options, ...ALWAYS };
  const values = parse(options, words);
  if (values.kind !== 'done') return exitCode(values, name, io);
  if (values.value.help !== undefined) {
    io.stdout(commandHelp(name, { ...command, options }));
    return 0;
  }
  return exitCode(await command.run(values.value, io), name, io);
}

function parse(options: Options, words: readonly string[]): Outcome<Values<Options>> {
  const config = Object.entries(options).map(([name, { type, short }]) => [
    name,
    { type, ...(short === undefined ? {} : { short }) },
  ]);
  try {
    const { values } = parseArgs({ args: [...words], options: Object.fromEntries(config), strict: true });
    return { kind: 'done', value: values as Values<Options> };
  } catch (error) {
    // Node's first sentence says what is wrong; the ones after it are advice for programmers.
    const [sentence = ''] = (error as Error).message.split(/\.\s|\n/);
    return misused(sentence.charAt(0).toLowerCase() + sentence.slice(1));
  }
}

function exitCode(outcome: Outcome, name: string, io: Io): number {
  if (outcome.kind === 'done') return 0;
  const see = outcome.kind === 'misused' ? ` (see ${name} --help)` : '';
  io.stderr(`${name}: ${plain(outcome.problem)}${see}\n`);
  return outcome.kind === 'misused' ? 2 : 1;
}

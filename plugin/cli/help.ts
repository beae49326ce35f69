// The texts of --help.

import type { Command, Option } from './command.ts';

export function help(commands: Readonly<Record<string, Command>>): string {
  const rows = Object.entries(commands).map(([name, { summary }]) => [name, summary] as const);
  return [
    'Usage: gasline <command> [options]',
    '',
    ...aligned(rows),
    '',
    'gasline <command> --help lists its options; gasline --version says which this is.',
    '',
  ].join('\n');
}

export function commandHelp(name: string, { summary, options, notes = [], parts = {} }: Command): string {
  const words = Object.entries(parts).map(([part, { summary }]) => [`${name} ${part}`, summary] as const);
  const rows = Object.entries(options).flatMap(([name, option]) =>
    option.about === null ? [] : [[flag(name, option), option.about] as const],
  );
  return [
    `Usage: ${name} [options]`,
    '',
    `${summary}.`,
    '',
    ...aligned(rows),
    ...(words.length === 0 ? [] : ['', ...aligned(words)]),
    ...(notes.length === 0 ? [] : ['', ...notes]),
    '',
  ].join('\n');
}

function flag(name: string, { type, short, value = 'text' }: Option): string {
  return `${short === undefined ? '' : `-${short}, `}--${name}${type === 'string' ? ` <${value}>` : ''}`;
}

function aligned(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

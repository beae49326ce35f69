// Colours, for a terminal that has them and a person who wants them (https://no-color.org).

import type { Io } from './command.ts';

export type Tone = 'plain' | 'bold' | 'dim' | 'warning';
export type Paint = (text: string, tone: Tone) => string;

const CODES = { plain: null, bold: [1, 22], dim: [2, 22], warning: [33, 39] } as const satisfies Record<
  Tone,
  readonly [number, number] | null
>;

export function painter({ env, isTTY }: Pick<Io, 'env' | 'isTTY'>): Paint {
  if (!isTTY || env.NO_COLOR || env.TERM === 'dumb') return (text) => text;
  return (text, tone) => {
    const codes = CODES[tone];
    return codes === null || text === '' ? text : `\u001B[${codes[0]}m${text}\u001B[${codes[1]}m`;
  };
}

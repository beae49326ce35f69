// A table that fits its terminal: what matters least goes first, names are shortened, a figure never is.

import type { Paint, Tone } from './paint.ts';
import { shorten, widest, width } from './text.ts';

export interface Column {
  readonly heading: string;
  readonly kind: 'name' | 'figure';
  /** Columns with a greater number go first where not all fit; one without stays. */
  readonly drop?: number;
  /** A column of names that holds more than names, such as days, is not made narrower than this. */
  readonly least?: number;
}

export interface Line {
  /** One for each column; of plain text. */
  readonly cells: readonly string[];
  readonly tone: Tone;
}

export interface Table {
  readonly columns: readonly Column[];
  readonly lines: readonly Line[];
  readonly total: Line | null;
}

export interface Laid {
  readonly lines: readonly string[];
  /** The headings that found no room. */
  readonly dropped: readonly string[];
}

const GAP = 2;
/** Names are shortened to this before a column of figures is dropped, and to the other when none is left to drop. */
const NAME_COLUMNS = 20;
const LEAST_COLUMNS = 3;

export function layOut({ columns, lines, total }: Table, most: number | null, paint: Paint): Laid {
  const head: Line = { cells: columns.map(({ heading }) => heading), tone: 'bold' };
  const all = [head, ...lines, ...(total === null ? [] : [total])];
  const natural = columns.map((_, at) => widest(all.map(({ cells }) => cells[at] ?? '')));
  const { shown, widths } = fit(columns, natural, most ?? Infinity);

  const draw = ({ cells, tone }: Line) => {
    const drawn = shown.map((at, index) => {
      const columns = widths[index] ?? 0;
      const text = shorten(cells[at] ?? '', columns);
      const padding = ' '.repeat(Math.max(columns - width(text), 0));
      return isFigure(at) ? padding + text : text + padding;
    });
    return paint(drawn.join(' '.repeat(GAP)).trimEnd(), tone);
  };
  const isFigure = (at: number) => columns[at]?.kind === 'figure';
  const rule = paint('─'.repeat(across(widths)), 'dim');
  return {
    lines: [
      draw(head),
      rule,
      ...lines.map(draw),
      ...(total === null || lines.length === 0 ? [] : [rule]),
      ...(total === null ? [] : [draw(total)]),
    ],
    dropped: columns.filter((_, at) => !shown.includes(at)).map(({ heading }) => heading.trimEnd()),
  };
}

interface Fit {
  /** The columns that stay, by their place in the table. */
  readonly shown: readonly number[];
  readonly widths: readonly number[];
}

function fit(columns: readonly Column[], natural: readonly number[], most: number): Fit {
  let shown = columns.map((_, at) => at);
  for (;;) {
    const last = shown.reduce<number | null>((found, at) => later(columns, found, at), null);
    const least = last === null ? LEAST_COLUMNS : NAME_COLUMNS;
    const widths = squeeze(
      shown.map((at) => ({
        width: natural[at] ?? 0,
        least: columns[at]?.kind === 'name' ? Math.max(least, columns[at].least ?? 0) : Infinity,
      })),
      most,
    );
    if (across(widths) <= most || last === null) return { shown, widths };
    shown = shown.filter((at) => at !== last);
  }
}

/** Of two columns the one to drop first. */
function later(columns: readonly Column[], one: number | null, other: number): number | null {
  const drop = columns[other]?.drop;
  if (drop === undefined) return one;
  return one === null || drop > (columns[one]?.drop ?? 0) ? other : one;
}

/** Takes from the widest first, column by column, until all fit or nothing is left to take. */
function squeeze(
  columns: readonly { readonly width: number; readonly least: number }[],
  most: number,
): readonly number[] {
  const widths = columns.map(({ width }) => width);
  for (let over = across(widths) - most; over > 0; over -= 1) {
    const loose = columns.flatMap(({ least }, at) => ((widths[at] ?? 0) > least ? [at] : []));
    const [widest] = loose.toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function across(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP * Math.max(widths.length - 1, 0);
}

/** Words on as many lines as they need; the lines after the first stand `indent` further in. */
export function wrap(text: string, most: number | null, indent = 2): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    const longer = line === undefined ? word : `${line} ${word}`;
    if (line !== undefined && width(longer) > (most ?? Infinity))
      lines.push(shorten(' '.repeat(indent) + word, most ?? Infinity));
    else lines.splice(-1, 1, shorten(longer, most ?? Infinity));
  }
  return lines;
}

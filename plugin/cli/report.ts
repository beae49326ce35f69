// The table of `gasline costs`: which rows and columns it has, and how each is named.

import { clockIn, type Local, weekOf } from './day.ts';
import { type GroupName, GROUPS, titleOf } from './dimension.ts';
import { cost, dollars, grouped, OPEN } from './figure.ts';
import { groupBy } from './group.ts';
import type { Paint, Tone } from './paint.ts';
import { type Column, layOut, type Line, wrap } from './table.ts';
import { plain, widest } from './text.ts';
import { type Figures, type Row, sumOf, tokensOf, type Usage } from './usage.ts';

export const STEPS = ['hour', 'day', 'week', 'month', 'total'] as const;
export type Step = (typeof STEPS)[number];

export interface Shape {
  readonly step: Step;
  readonly by: readonly GroupName[];
  /** How many names at most stand under a period, or under the whole. */
  readonly limit: number | null;
  readonly compact: boolean;
  readonly columns: number | null;
}

type Figure = Column & { readonly compact: boolean; readonly of: (figures: Figures) => string };

const count = (of: (figures: Figures) => number) => (figures: Figures) => grouped(of(figures));

const FIGURES: readonly Figure[] = [
  { heading: 'Messages', kind: 'figure', drop: 4, compact: false, of: count(({ messages }) => messages) },
  { heading: 'Input', kind: 'figure', drop: 2, compact: false, of: count(({ tokens }) => tokens.input) },
  { heading: 'Output', kind: 'figure', drop: 3, compact: false, of: count(({ tokens }) => tokens.output) },
  { heading: 'Reasoning', kind: 'figure', drop: 7, compact: false, of: count(({ tokens }) => tokens.reasoning) },
  { heading: 'Cache write', kind: 'figure', drop: 6, compact: false, of: count(({ tokens }) => tokens.cache_write) },
  { heading: 'Cache read', kind: 'figure', drop: 5, compact: false, of: count(({ tokens }) => tokens.cache_read) },
  { heading: 'Tokens', kind: 'figure', drop: 1, compact: true, of: count(tokensOf) },
];

/** What it would have cost by the price book, plans or not: only where that is another figure. */
const LIST: Figure = {
  heading: 'List price',
  kind: 'figure',
  drop: 8,
  compact: false,
  of({ money, unlisted_messages: unlisted }) {
    if (unlisted === 0) return dollars(money.list_usd);
    return money.list_usd === 0n ? '–' : `${dollars(money.list_usd)} + ?`;
  },
};

function costIn(total: Figures): Figure {
  const isOpen = total.unpriced_messages > 0;
  return {
    heading: isOpen ? `Cost${OPEN}` : 'Cost',
    kind: 'figure',
    compact: true,
    of: ({ money, unpriced_messages: unpriced }) => cost(money.cost_usd, unpriced, isOpen),
  };
}

export function report(usage: Usage, shape: Shape, paint: Paint): readonly string[] {
  const { step, by, compact, columns: most } = shape;
  const title = wrap(headline(usage, shape), most, 0).map((line) => paint(line, 'bold'));
  if (usage.rows.length === 0) return [...title, '', 'Nothing was spent in this time.'];

  const { list_usd: list, cost_usd: charged } = usage.total.money;
  const hasList = list !== 0n && list !== charged;
  const figures = [...FIGURES, ...(hasList ? [LIST] : []), costIn(usage.total)].filter(
    (one) => !compact || one.compact,
  );
  const names = headings(step, by);
  const line = (labels: readonly string[], sums: Figures, tone: Tone): Line => ({
    cells: [...names.map((_, at) => labels[at] ?? ''), ...figures.map(({ of }) => of(sums))],
    tone,
  });
  const periods = step === 'total' ? null : periodLabels(usage, step);
  const least = widest([...(periods?.values() ?? [])]);
  const table = {
    columns: [
      ...names.map((heading, at) => ({ heading, kind: 'name', least: at === 0 ? least : 0 }) as const),
      ...figures,
    ],
    lines: linesOf(usage.rows, periods, shape, line),
    total: line(['Total'], usage.total, 'bold'),
  };
  const { lines, dropped } = layOut(table, most, paint);
  const room = dropped.length === 0 ? [] : wrap(`No room for: ${dropped.join(', ').toLowerCase()}.`, most);
  return [...title, '', ...lines, ...room.map((text) => paint(text, 'dim'))];
}

function headline({ from, to, zone }: Usage, { step, by }: Shape): string {
  const parts = [...(step === 'total' ? [] : [step]), ...by.map((name) => GROUPS[name].toLowerCase())];
  const at = clockIn(zone) ?? utc;
  const [first, last] = [at(from), at(Math.max(to - 1, from))];
  const days = first.day === last.day ? first.day : `${first.day} to ${last.day}`;
  return `Costs${parts.length === 0 ? '' : ` by ${parts.join(' and ')}`}, ${days}, ${plain(zone)}`;
}

/** Names under a period stand in its column, so that there is room for the figures. */
function headings(step: Step, by: readonly GroupName[]): readonly string[] {
  const [first = '', ...rest] = by.map((name) => GROUPS[name]);
  if (step === 'total') return by.length === 0 ? [''] : [first, ...rest];
  const period = step.charAt(0).toUpperCase() + step.slice(1);
  return by.length === 0 ? [period] : [`${period} / ${first.toLowerCase()}`, ...rest];
}

function linesOf(
  rows: readonly Row[],
  periods: ReadonlyMap<number, string> | null,
  { by, limit }: Shape,
  line: (labels: readonly string[], sums: Figures, tone: Tone) => Line,
): readonly Line[] {
  const named = (rows: readonly Row[], indent: string) => {
    const kept = rows.slice(0, limit ?? rows.length);
    const rest = rows.slice(kept.length);
    return [
      ...kept.map((row) => line(cellsOf(row, by, indent), row, 'plain')),
      ...(rest.length === 0 ? [] : [line([`${indent}${grouped(rest.length)} more`], sumOf(rest), 'dim')]),
    ];
  };
  if (periods === null) return by.length === 0 ? [] : named(rows, '');
  return [...groupBy(rows, ({ from }) => from ?? 0)].flatMap(([from, rows]) => {
    const sums = line([periods.get(from) ?? ''], sumOf(rows), by.length === 0 ? 'plain' : 'bold');
    return by.length === 0 ? [sums] : [sums, ...named(rows, '  ')];
  });
}

function cellsOf({ labels }: Row, by: readonly GroupName[], indent: string): readonly string[] {
  return by.map((name, at) => {
    const title = titleOf(name);
    const label = (title === null ? null : labels[title]) ?? labels[name] ?? '–';
    return (at === 0 ? indent : '') + plain(label);
  });
}

const LABELS = {
  hour: ({ day, clock }) => `${day} ${clock}`,
  day: ({ day }) => day,
  week: ({ day }) => weekOf(day),
  month: ({ day }) => day.slice(0, 7),
} as const satisfies Record<Exclude<Step, 'total'>, (local: Local) => string>;

/** The label of each period in the report, by its start. */
function periodLabels({ rows, zone }: Usage, step: Exclude<Step, 'total'>): ReadonlyMap<number, string> {
  const at = clockIn(zone) ?? utc;
  const periods = [...new Set(rows.map(({ from }) => from ?? 0))].map((from) => [from, at(from)] as const);
  const named = groupBy(periods, ([, local]) => LABELS[step](local));
  return new Map(
    [...named].flatMap(([label, same]) =>
      // The hour that clocks go back to comes twice.
      same.map(([from, { offset }]) => [from, same.length > 1 ? label + offset : label] as const),
    ),
  );
}

/** For a zone younger than this Node. */
function utc(ms: number): Local {
  const text = new Date(ms).toISOString();
  return { day: text.slice(0, 10) as Local['day'], clock: `${text.slice(11, 16)}Z`, offset: '+00' };
}

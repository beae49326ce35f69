// The relay's answer to GET /v1/usage: read once, summed exactly.

import { fields, list } from '../field.ts';
import { type GroupName, type Label, labelsOf } from './dimension.ts';
import { nanoOf } from './figure.ts';

export const TOKENS = ['input', 'output', 'reasoning', 'cache_read', 'cache_write'] as const;
export const MONEY = ['cost_usd', 'reported_usd', 'list_usd', 'discarded_usd', 'copied_usd', 'late_usd'] as const;

/** Null from the relay where nothing is known but that so many messages have an unknown amount; then nothing is added. */
export const UNKNOWN: { readonly [K in (typeof MONEY)[number]]?: 'unpriced_messages' | 'unlisted_messages' } = {
  cost_usd: 'unpriced_messages',
  list_usd: 'unlisted_messages',
};

const COUNTS = ['messages', 'unpriced_messages', 'unlisted_messages'] as const;

export interface Figures {
  readonly messages: number;
  readonly unpriced_messages: number;
  readonly unlisted_messages: number;
  readonly tokens: Readonly<Record<(typeof TOKENS)[number], number>>;
  /** In nano-dollars. */
  readonly money: Readonly<Record<(typeof MONEY)[number], bigint>>;
}

export interface Row extends Figures {
  /** Null where the report has no step of time. */
  readonly from: number | null;
  readonly to: number | null;
  readonly labels: Readonly<Partial<Record<Label, string | null>>>;
}

export interface Usage {
  readonly from: number;
  readonly to: number;
  readonly zone: string;
  readonly total: Figures;
  readonly rows: readonly Row[];
}

/** Null for an answer of another shape: a relay of another version. */
export function readUsage(json: unknown, by: readonly GroupName[]): Usage | null {
  const { from, to, zone, total, rows } = fields(json);
  const [start, end, sum] = [moment(from), moment(to), figuresOf(total)];
  const read = list(rows).flatMap((row) => rowOf(row, by) ?? []);
  if (start === null || end === null || sum === null || typeof zone !== 'string') return null;
  return read.length === list(rows).length ? { from: start, to: end, zone, total: sum, rows: read } : null;
}

function rowOf(value: unknown, by: readonly GroupName[]): Row | null {
  const row = fields(value);
  const figures = figuresOf(row);
  if (figures === null) return null;
  const labels = labelsOf(by).map((name) => [name, typeof row[name] === 'string' ? row[name] : null] as const);
  return { ...figures, from: moment(row.from), to: moment(row.to), labels: Object.fromEntries(labels) };
}

function figuresOf(value: unknown): Figures | null {
  const given = fields(value);
  const tokens = TOKENS.map((name) => [name, fields(given.tokens)[name]] as const);
  const amountOf = (name: (typeof MONEY)[number]) =>
    given[name] === null && name in UNKNOWN ? 0n : nanoOf(given[name]);
  const money = MONEY.map((name) => [name, amountOf(name)] as const);
  const counts = [...COUNTS.map((name) => given[name]), ...tokens.map(([, count]) => count)];
  if (counts.some((count) => typeof count !== 'number') || money.some(([, nano]) => nano === null)) return null;
  return {
    messages: Number(given.messages),
    unpriced_messages: Number(given.unpriced_messages),
    unlisted_messages: Number(given.unlisted_messages),
    tokens: Object.fromEntries(tokens) as Figures['tokens'],
    money: Object.fromEntries(money) as Figures['money'],
  };
}

function moment(value: unknown): number | null {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isFinite(time) ? time : null;
}

export function sumOf(rows: readonly Figures[]): Figures {
  const add = (pick: (row: Figures) => number) => rows.reduce((sum, row) => sum + pick(row), 0);
  return {
    messages: add((row) => row.messages),
    unpriced_messages: add((row) => row.unpriced_messages),
    unlisted_messages: add((row) => row.unlisted_messages),
    tokens: Object.fromEntries(TOKENS.map((name) => [name, add(({ tokens }) => tokens[name])])) as Figures['tokens'],
    money: Object.fromEntries(
      MONEY.map((name) => [name, rows.reduce((sum, { money }) => sum + money[name], 0n)]),
    ) as Figures['money'],
  };
}

export function tokensOf({ tokens }: Figures): number {
  return TOKENS.reduce((sum, name) => sum + tokens[name], 0);
}

// The report as CSV (RFC 4180), every figure exact.

import { type GroupName, labelsOf } from './dimension.ts';
import { usdOf } from './figure.ts';
import { plain } from './text.ts';
import { MONEY, type Row, TOKENS, UNKNOWN, type Usage } from './usage.ts';

export function csv({ rows }: Usage, by: readonly GroupName[]): string {
  const hasPeriods = rows.some(({ from }) => from !== null);
  const names = labelsOf(by);
  const head = [
    ...(hasPeriods ? ['from', 'to'] : []),
    ...names,
    'messages',
    'unpriced_messages',
    ...TOKENS.map((name) => `${name}_tokens`),
    ...MONEY,
    'unlisted_messages',
  ];
  const lines = rows.map((row) => [
    ...(hasPeriods ? [iso(row.from), iso(row.to)] : []),
    ...names.map((name) => cell(row.labels[name] ?? '')),
    ...figuresOf(row),
  ]);
  return [head, ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
}

function figuresOf(row: Row): readonly string[] {
  const { messages, unpriced_messages: unpriced, unlisted_messages: unlisted, tokens } = row;
  return [
    ...[messages, unpriced, ...TOKENS.map((name) => tokens[name])].map(String),
    ...MONEY.map((name) => amount(row, name)),
    String(unlisted),
  ];
}

/** Empty where it is unknown, as in the relay's own. */
function amount({ money, ...row }: Row, name: (typeof MONEY)[number]): string {
  const unknown = UNKNOWN[name];
  return unknown !== undefined && row[unknown] > 0 && money[name] === 0n ? '' : usdOf(money[name]);
}

/** A spreadsheet runs what begins like a formula, and a branch may be named like one: an apostrophe makes it a text. */
function cell(text: string): string {
  const safe = plain(text).replace(/^[=+\-@]/, "'$&");
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function iso(ms: number | null): string {
  return ms === null ? '' : new Date(ms).toISOString();
}

// What a run counted, and how it is told at its end.

import { fields } from '../../field.ts';
import { grouped, nanoOf, usdOf } from '../figure.ts';

export interface Tally {
  rows: number;
  /** Messages that the relay stored. */
  sent: number;
  known: number;
  copies: number;
  costNano: bigint;
  /** How many rows each reason kept back. */
  readonly malformed: Map<string, number>;
}

export function noTally(): Tally {
  return { rows: 0, sent: 0, known: 0, copies: 0, costNano: 0n, malformed: new Map() };
}

export function blame(tally: Tally, reason: string, count = 1): void {
  tally.malformed.set(reason, (tally.malformed.get(reason) ?? 0) + count);
}

export function toJson({ costNano, malformed, ...counts }: Tally): object {
  return { ...counts, cost_usd: usdOf(costNano), malformed: Object.fromEntries(malformed) };
}

export function fromJson(value: unknown): Tally | null {
  const { rows, sent, known, copies, cost_usd, malformed } = fields(value);
  const counts = [rows, sent, known, copies].map(Number);
  const costNano = nanoOf(cost_usd);
  if (costNano === null || !counts.every(Number.isSafeInteger)) return null;
  const [read = 0, stored = 0, had = 0, skipped = 0] = counts;
  const reasons = Object.entries(fields(malformed)).map(([reason, count]) => [reason, Number(count)] as const);
  return { rows: read, sent: stored, known: had, copies: skipped, costNano, malformed: new Map(reasons) };
}

export function summary(tally: Tally, isDry: boolean, others: readonly string[]): string {
  const { sent, known, copies, costNano, malformed } = tally;
  const rows: readonly (readonly [string, string])[] = [
    [isDry ? 'messages to send' : 'messages sent', grouped(sent)],
    ...(isDry ? [] : [['already known', grouped(known)] as const]),
    ['fork copies skipped', `${grouped(copies)}, paid for in the session they were copied from`],
    ['malformed', grouped([...malformed.values()].reduce((all, one) => all + one, 0))],
    ...[...malformed].map(([reason, times]) => ['', `${grouped(times)} × ${reason}`] as const),
    [isDry ? 'cost of what would go' : 'cost of all these', `$${usdOf(costNano)}, as OpenCode reported it`],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return [
    ...rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`),
    '',
    ...(others.length === 0 ? [] : [`Not read: ${others.join(', ')}. Give --db to send it too.`, '']),
    'No history holds, so nobody can bring back: messages that were reverted, sessions that were deleted, the calls that',
    'make titles, streams that broke before their step ended, and what was lost before OpenCode 1.2 kept a database.',
    '',
  ].join('\n');
}

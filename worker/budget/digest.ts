// The cost digest of a day or an ISO week, as endpoints get it, and when the next one is due.
import { formatUsd } from '../ledger/money.ts';
import { hourOfDay, periodOf, weekdayOf, type Period } from '../ledger/period.ts';
import type { Standing } from './budget.ts';
import { describe } from './notice.ts';

export const DIGESTS = ['daily', 'weekly'] as const;
export type DigestKind = (typeof DIGESTS)[number];

/** When a team wants them, in its zone. */
export interface DigestSettings {
  readonly daily: boolean;
  readonly weekly: boolean;
  readonly hour: number;
  /** Of the weekly one; 1 is Monday. */
  readonly weekday: number;
}

export const STEP_OF = { daily: 'day', weekly: 'week' } as const satisfies Record<DigestKind, string>;

/** The first moment after `after` that a digest is due at. */
export function nextDigest(kind: DigestKind, { hour, weekday }: DigestSettings, after: number, zone: string): number {
  let day = periodOf(after, zone, 'day');
  for (;;) {
    const due = hourOfDay(day.start, zone, hour);
    if (due > after && (kind === 'daily' || weekdayOf(day.start, zone) === weekday)) return due;
    day = periodOf(day.end, zone, 'day');
  }
}

export interface Line {
  /** What the line is of: `{member: …}`. */
  readonly of: Readonly<Record<string, string | null>>;
  readonly cost: bigint;
  readonly messages: number;
}

export interface DigestFacts {
  readonly period: Period;
  readonly zone: string;
  readonly members: readonly Line[];
  readonly projects: readonly Line[];
  readonly models: readonly Line[];
  readonly discarded: bigint;
  /** What the same length of time before came to. */
  readonly before: bigint;
  /** Messages without a known price, by the name of what they ran on. */
  readonly unpriced: readonly Omit<Line, 'cost'>[];
  /** What was charged during the period to days before it. */
  readonly corrections: bigint;
  readonly budgets: readonly Standing[];
}

const TOP = 5;

export function digestOf(facts: DigestFacts): object {
  const { period, members, before } = facts;
  const spent = members.reduce((sum, { cost }) => sum + cost, 0n);
  return {
    from: iso(period.start),
    to: iso(period.end),
    zone: facts.zone,
    cost_usd: formatUsd(spent),
    messages: members.reduce((sum, { messages }) => sum + messages, 0),
    before_usd: formatUsd(before),
    change_percent: changeOf(spent, before),
    members: top(members),
    projects: top(facts.projects),
    models: top(facts.models),
    discarded_usd: formatUsd(facts.discarded),
    corrections_usd: formatUsd(facts.corrections),
    unpriced: facts.unpriced.map(({ of, messages }) => ({ ...of, messages })),
    budgets: facts.budgets.map(describe),
  };
}

function top(lines: readonly Line[]): object[] {
  return lines
    .filter(({ cost }) => cost > 0n)
    .toSorted((a, b) => (a.cost > b.cost ? -1 : Number(a.cost < b.cost)))
    .slice(0, TOP)
    .map(({ of, cost, messages }) => ({ ...of, cost_usd: formatUsd(cost), messages }));
}

/** In tenths of a per cent; null where there was nothing before to compare with. */
function changeOf(now: bigint, before: bigint): number | null {
  return before === 0n ? null : Number(((now - before) * 1_000n) / before) / 10;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

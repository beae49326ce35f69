// A budget is a limit on what a team, or a part of it, spends in a day, an ISO week or a month of the team's zone. It keeps no
// count of its own: what was spent is always read from the ledger's sums, so that late, repriced and older spend is in it.
import type { Period } from '../ledger/period.ts';

export const SCOPES = ['member', 'project', 'model', 'agent', 'provider'] as const;
export const BUDGET_PERIODS = ['day', 'week', 'month'] as const;
export const ACTIONS = ['none', 'warn', 'stop'] as const;

export interface Scope {
  readonly by: (typeof SCOPES)[number];
  /** A project goes by its id or by any name that it had. */
  readonly value: string;
}

/** The ids of the projects that ever went by a name, by that name. */
export type ProjectNames = ReadonlyMap<string, ReadonlySet<string>>;

/** Only of these a plugin knows that its spend is under them: model and agent change with each message. */
export function canAct(scope: Scope | null): boolean {
  return scope === null || scope.by === 'member' || scope.by === 'project';
}

export interface Budget {
  readonly id: string;
  readonly name: string;
  /** Null for the whole team. */
  readonly scope: Scope | null;
  readonly period: (typeof BUDGET_PERIODS)[number];
  /** In nano-dollars. */
  readonly limit: bigint;
  /** Whole per cents of the limit, ascending. */
  readonly thresholds: readonly number[];
  /** What the plugin of whoever spends is told once the limit is reached. */
  readonly action: (typeof ACTIONS)[number];
  readonly created: number;
  /** Since when limit and thresholds are what they are: a period that was over by then is not judged by them. */
  readonly since: number;
}

export type Terms = Pick<Budget, 'limit' | 'thresholds'>;

/** Where a budget stands in one of its periods. */
export interface Standing {
  readonly budget: Budget;
  readonly period: Period;
  readonly spent: bigint;
  /** Messages without a known price: what they cost is not in `spent`. */
  readonly unpriced: number;
}

/** Rounded down: 100 is said only once the limit is reached. */
export function percentOf(spent: bigint, limit: bigint): number {
  return Number((spent * 100n) / limit);
}

export function isReached(percent: number, spent: bigint, limit: bigint): boolean {
  return spent * 100n >= limit * BigInt(percent);
}

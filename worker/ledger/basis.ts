// What a message is charged, and on what ground: OpenCode's own figure where it has one, else the list price. What a subscription
// covers costs nothing more, and what has no known price is counted by name and never taken for zero.
import type { NanoUsd } from './money.ts';

export const BASES = ['reported', 'list', 'plan', 'free', 'unpriced'] as const;
export type Basis = (typeof BASES)[number];

export interface Charge {
  readonly basis: Basis;
  readonly cost: NanoUsd;
}

const NOTHING = 0 as NanoUsd;

export function chargeOf(given: {
  readonly reported: NanoUsd;
  readonly tokens: number;
  /** Null where no price is known. */
  readonly list: NanoUsd | null;
  readonly isPlan: boolean;
}): Charge {
  const { reported, tokens, list, isPlan } = given;
  if (isPlan) return { basis: 'plan', cost: NOTHING };
  if (reported > 0 || tokens === 0) return { basis: 'reported', cost: reported };
  if (list === null) return { basis: 'unpriced', cost: NOTHING };
  return list > 0 ? { basis: 'list', cost: list } : { basis: 'free', cost: NOTHING };
}

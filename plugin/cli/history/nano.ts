// Nano-dollars from the binary fractions in which OpenCode and the other tools hold their costs.

import { nanoOf } from '../figure.ts';

/** At the ledger's nine places; what is no price is nothing. */
export function nanoOfNumber(cost: unknown): bigint {
  return typeof cost === 'number' && cost > 0 && cost < 1e15 ? (nanoOf(cost.toFixed(9)) ?? 0n) : 0n;
}

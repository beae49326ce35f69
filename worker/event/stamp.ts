// A stamp orders words about the same thing: by the time they were said, then by their number in their source, then by the
// source. No two events have the same stamp, so "the later word stands" has one answer in whatever order words arrive.
import type { Source } from '../../plugin/contract.ts';

export type Stamp = string & { readonly __unit: 'stamp' };

export function stampOf(
  { at, n }: { readonly at: number; readonly n: number },
  { id, member, backfill }: Pick<Source, 'id' | 'member' | 'backfill'>,
): Stamp {
  // Each run of a backfill is another source with other numbers, and says what the one before it said: of two that remember the
  // same, the members decide whose word stands.
  return (backfill === true ? `${digits(at)}.${digits(0)}.${member}` : `${digits(at)}.${digits(n)}.${id}`) as Stamp;
}

export interface Stamped {
  readonly at: number;
  /** Null where a backfill said it. */
  readonly source: string | null;
}

export function readStamp(stamp: string): Stamped {
  const [at = '', n = ''] = stamp.split('.', 2);
  return { at: Number(at), source: Number(n) === 0 ? null : stamp.slice(at.length + n.length + 2) };
}

/** Sixteen digits hold any safe integer, so that text sorts as the number does. */
function digits(value: number): string {
  return value.toString().padStart(16, '0');
}

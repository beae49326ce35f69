// Rollups: sums per 15-minute bucket and dimension. Every zone offset on earth is a multiple of 15 minutes, so that any zone's
// day is a whole number of buckets and its figures are exact. Whole hours are summed once more, for long ranges.
import { totalTokens, type Entry } from './entry.ts';

export const BUCKET_MS = 15 * 60_000;
export const HOUR_MS = 4 * BUCKET_MS;

export interface Sums {
  messages: number;
  input: number;
  output: number;
  reasoning: number;
  cache_read: number;
  cache_write: number;
  cost: number;
  reported: number;
  list: number;
  /** The part of cost whose work was reverted or deleted. */
  discarded: number;
  /** What was reported of copies: in none of the other sums. */
  copied: number;
  /** Messages without a known price: their cost is not in the sum. */
  unpriced: number;
  /** Messages whose tokens have no list price: what they would cost is not in that sum. */
  unlisted: number;
}

export const SUMS = [
  'messages',
  'input',
  'output',
  'reasoning',
  'cache_read',
  'cache_write',
  'cost',
  'reported',
  'list',
  'discarded',
  'copied',
  'unpriced',
  'unlisted',
] as const satisfies readonly (keyof Sums)[];

export function bucketOf(at: number): number {
  return Math.floor(at / BUCKET_MS) * BUCKET_MS;
}

export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS;
}

/** What an entry adds to the sums it belongs to. */
export function sumsOf(entry: Entry): Sums {
  const { cost, reported, list, tokens } = entry;
  if (entry.state === 'copied') return { ...noSums(), copied: reported };
  return {
    messages: 1,
    input: tokens.input,
    output: tokens.output,
    reasoning: tokens.reasoning,
    cache_read: tokens.cache_read,
    cache_write: tokens.cache_write,
    cost,
    reported,
    list: list ?? 0,
    discarded: entry.state === 'discarded' ? cost : 0,
    copied: 0,
    unpriced: entry.basis === 'unpriced' ? 1 : 0,
    unlisted: list === null && totalTokens(tokens) > 0 ? 1 : 0,
  };
}

/** Adds `sums` into `into`, `sign` times; a superseded entry is taken out with -1 before its successor goes in. */
export function add(into: Sums, sums: Sums, sign: 1 | -1): void {
  for (const key of SUMS) into[key] += sign * sums[key];
}

export function noSums(): Sums {
  return {
    messages: 0,
    input: 0,
    output: 0,
    reasoning: 0,
    cache_read: 0,
    cache_write: 0,
    cost: 0,
    reported: 0,
    list: 0,
    discarded: 0,
    copied: 0,
    unpriced: 0,
    unlisted: 0,
  };
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** A range of whole buckets as the whole hours within it and the buckets before and after them. */
export function splitByHour({ start, end }: Range): {
  readonly hours: Range | null;
  readonly buckets: readonly Range[];
} {
  const hours = { start: Math.ceil(start / HOUR_MS) * HOUR_MS, end: hourOf(end) };
  if (hours.start >= hours.end) return { hours: null, buckets: [{ start, end }] };
  const ends = [
    { start, end: hours.start },
    { start: hours.end, end },
  ];
  return { hours, buckets: ends.filter((range) => range.start < range.end) };
}

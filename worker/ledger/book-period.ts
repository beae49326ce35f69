// The periods of a model's prices: from a date on, and in some hours of the day where the provider has cheaper ones. In each
// there is a price for every size of request.
import type { Constraint, FileModel, FilePrice, FilePrices } from './book-file.ts';
import { picoUsd, unitPrices, type PicoUsd, type Price, type UnitPrices } from './price.ts';

export interface Period {
  holdsAt(at: number): boolean;
  /** The band of the largest requests first. None where the price is not by tokens. */
  readonly bands: readonly Band[];
}

/** The price of a whole request whose input is more than `above` tokens. */
interface Band extends Price {
  readonly above: number;
}

interface When {
  readonly from: string | null;
  readonly hours: { readonly start_time: string; readonly end_time: string } | null;
}

const DAY_MS = 86_400_000;
const ALWAYS: When = { from: null, hours: null };

/** In the order in which they are to be tried: the newest first, and its hours before the rest of its day. */
export function periodsOf(name: string, { id, prices }: FileModel): readonly Period[] {
  const listed = 'length' in prices ? prices : [{ constraint: undefined, prices }];
  let when = ALWAYS;
  const periods = listed.map(({ constraint, prices }) => {
    when = next(when, constraint);
    return { ...when, holdsAt: holding(when), bands: bandsOf(`${name}${text(when)}`, id, prices) };
  });
  return periods.toReversed().toSorted((a, b) => (b.from ?? '').localeCompare(a.from ?? ''));
}

/** Hours refine the price that stands before them in the file, and so begin with it. */
function next(before: When, constraint: Constraint | undefined): When {
  if (constraint === undefined) return ALWAYS;
  return 'start_date' in constraint
    ? { from: constraint.start_date, hours: null }
    : { from: before.from, hours: constraint };
}

function holding({ from, hours }: When): Period['holdsAt'] {
  const start = from === null ? Number.NEGATIVE_INFINITY : Date.parse(from);
  if (hours === null) return (at) => at >= start;
  const [opens, closes] = [timeOfDay(hours.start_time), timeOfDay(hours.end_time)];
  const length = (closes - opens + DAY_MS) % DAY_MS;
  return (at) => at >= start && (((at - opens) % DAY_MS) + DAY_MS) % DAY_MS < length;
}

function timeOfDay(time: string): number {
  return Date.parse(`1970-01-01T${time}`);
}

function text({ from, hours }: When): string {
  const since = from === null ? '' : ` from ${from}`;
  return hours === null ? since : `${since} ${hours.start_time.slice(0, 5)}-${hours.end_time.slice(0, 5)} UTC`;
}

/** What each token costs of a request whose price is by more than its tokens, we cannot say. */
function bandsOf(name: string, id: string, prices: FilePrices): readonly Band[] {
  if (prices.requests_kcount !== undefined || prices.output_citation_mtok !== undefined) return [];
  return limitsOf(prices).flatMap((above) => {
    const units = unitsAbove(above, id, prices);
    return units === null ? [] : [{ above, name: above === ANY ? name : `${name} above ${above}`, units }];
  });
}

/** Below every request's input. */
const ANY = -1;

function limitsOf(prices: FilePrices): readonly number[] {
  const tiers = TOKEN_PRICES.map((key) => prices[key]).flatMap((price) =>
    typeof price === 'object' ? price.tiers : [],
  );
  return [...new Set([ANY, ...tiers.map(({ start }) => start)])].toSorted((a, b) => b - a);
}

const TOKEN_PRICES = [
  'input_mtok',
  'output_mtok',
  'output_reasoning_mtok',
  'cache_read_mtok',
  'cache_write_mtok',
] as const satisfies readonly (keyof FilePrices)[];

/** A price that is left out is not known: only of what is called free is it nothing. */
function unitsAbove(limit: number, id: string, prices: FilePrices): UnitPrices | null {
  const [input, output, reasoning, cache_read, cache_write] = TOKEN_PRICES.map((key) => unitAbove(limit, prices[key]));
  if (input != null && output != null)
    return unitPrices({
      input,
      output,
      reasoning: reasoning ?? null,
      cache_read: cache_read ?? null,
      cache_write: cache_write ?? null,
    });
  return input === output && id.endsWith(':free') ? FREE : null;
}

const FREE = unitPrices({
  input: picoUsd(0),
  output: picoUsd(0),
  reasoning: null,
  cache_read: null,
  cache_write: null,
});

function unitAbove(limit: number, price: FilePrice | undefined): PicoUsd | null {
  if (price === undefined) return null;
  if (typeof price === 'number') return picoUsd(price);
  const tiers = price.tiers.filter(({ start }) => start <= limit).toSorted((a, b) => b.start - a.start);
  return picoUsd(tiers[0]?.price ?? price.base);
}

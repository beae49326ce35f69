// What tokens cost at unit prices. A unit price is a whole count of pico-dollars for one token, so that the sum is exact whatever
// its size, and it is rounded once: half to even, to the nano-dollar, for the message as a whole.
import type { Tokens } from '../../plugin/contract.ts';
import type { NanoUsd } from './money.ts';

export type PicoUsd = number & { readonly __unit: 'pico-dollar a token' };

/** What one token of each kind costs. */
export type UnitPrices = { readonly [K in keyof Tokens]: PicoUsd };

/** A price that holds for a message. The name says which one it is, for good: it is frozen into the entry. */
export interface Price {
  readonly name: string;
  readonly units: UnitPrices;
}

/** What a price list says: it may have no price of its own for what is a kind of input or output. */
export interface StatedPrices {
  readonly input: PicoUsd;
  readonly output: PicoUsd;
  readonly reasoning: PicoUsd | null;
  readonly cache_read: PicoUsd | null;
  readonly cache_write: PicoUsd | null;
}

/** No unit price is greater, so that the cost of any message that the door lets in stays exact as a number of nano-dollars. */
export const MAX_USD_PER_MILLION = 1_000;

/** From dollars for a million tokens, as every price list has them; what is finer than a pico-dollar a token is rounded. */
export function picoUsd(usdPerMillion: number): PicoUsd {
  return Math.round(usdPerMillion * 1e6) as PicoUsd;
}

/** Reasoning is output and the cache holds input: without a price of their own they cost what those do, never nothing. */
export function unitPrices(stated: StatedPrices): UnitPrices {
  return {
    input: stated.input,
    output: stated.output,
    reasoning: stated.reasoning ?? stated.output,
    cache_read: stated.cache_read ?? stated.input,
    cache_write: stated.cache_write ?? stated.input,
  };
}

export function listCost(units: UnitPrices, tokens: Tokens): NanoUsd {
  const pico =
    product(units.input, tokens.input) +
    product(units.output, tokens.output) +
    product(units.reasoning, tokens.reasoning) +
    product(units.cache_read, tokens.cache_read) +
    product(units.cache_write, tokens.cache_write);
  return Number(halfEven(pico)) as NanoUsd;
}

/** What a tier's limit is compared with: all that the request sent, from the cache or not. */
export function totalInput(tokens: Tokens): number {
  return tokens.input + tokens.cache_read + tokens.cache_write;
}

function product(unit: PicoUsd, count: number): bigint {
  return BigInt(unit) * BigInt(count);
}

function halfEven(pico: bigint): bigint {
  const [nano, rest] = [pico / 1000n, pico % 1000n];
  const isUp = rest > 500n || (rest === 500n && nano % 2n === 1n);
  return isUp ? nano + 1n : nano;
}

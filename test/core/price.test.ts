import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import {
  listCost,
  MAX_USD_PER_MILLION,
  picoUsd,
  totalInput,
  unitPrices,
  type PicoUsd,
} from '../../worker/ledger/price.ts';

const KINDS = ['input', 'output', 'reasoning', 'cache_read', 'cache_write'] as const;

function each<T>(of: fc.Arbitrary<T>) {
  return fc.record({ input: of, output: of, reasoning: of, cache_read: of, cache_write: of });
}
const unit = fc.nat({ max: MAX_USD_PER_MILLION * 1e6 }).map((pico) => pico as PicoUsd);
const count = fc.nat({ max: 1_000_000_000 });
/** Multiples of a hundred pico-dollars times a few tokens: one sum in ten lies halfway between two nano-dollars. */
const coarse = fc.nat({ max: 60 }).map((hundreds) => (hundreds * 100) as PicoUsd);
const few = fc.nat({ max: 30 });
const none = { input: 0, output: 0, reasoning: 0, cache_read: 0, cache_write: 0 };
const free = unitPrices({
  input: picoUsd(0),
  output: picoUsd(0),
  reasoning: null,
  cache_read: null,
  cache_write: null,
});

test('a cost is the nearest nano-dollar to the exact sum, and the even one of two that are as near', () => {
  fc.assert(
    fc.property(fc.oneof(each(unit), each(coarse)), fc.oneof(each(count), each(few)), (units, tokens) => {
      const exact = KINDS.reduce((sum, kind) => sum + BigInt(units[kind]) * BigInt(tokens[kind]), 0n);
      const cost = listCost(units, tokens);
      expect(Number.isSafeInteger(cost)).toBe(true);
      const off = BigInt(cost) * 1000n - exact;
      const isEven = cost % 2 === 0;
      expect((off > -500n && off < 500n) || (isEven && (off === 500n || off === -500n))).toBe(true);
    }),
  );
});

test('halves go to the even nano-dollar, for the message as a whole', () => {
  const half = { ...free, input: 500 as PicoUsd, output: 500 as PicoUsd };
  const cost = (input: number, output: number) => listCost(half, { ...none, input, output });
  expect([cost(1, 0), cost(3, 0), cost(5, 0), cost(7, 0)]).toEqual([0, 2, 2, 4]);
  // Rounded each by itself, the two kinds would come to nothing.
  expect(cost(1, 1)).toBe(1);
  expect(listCost({ ...free, input: 501 as PicoUsd }, { ...none, input: 1 })).toBe(1);
  expect(listCost({ ...free, input: 1499 as PicoUsd }, { ...none, input: 1 })).toBe(1);
});

test('the dearest message that the door lets in is exact', () => {
  const dearest = picoUsd(MAX_USD_PER_MILLION);
  const units = unitPrices({ input: dearest, output: dearest, reasoning: null, cache_read: null, cache_write: null });
  const [most, least] = [1_000_000_000, 999_999_999];
  const tokens = { input: most, output: most, reasoning: most, cache_read: most, cache_write: least };
  expect(listCost(units, tokens)).toBe(4_999_999_999_000_000);
});

test.each([
  [3, 3_000_000],
  [0.003625, 3_625],
  [0.0028, 2_800],
  [0.18000000000000002, 180_000],
  [0.08333333333333334, 83_333],
  [0, 0],
])('%d dollars for a million tokens are %i pico-dollars a token', (usd, pico) => {
  expect(picoUsd(usd)).toBe(pico);
});

test('what has no price of its own costs what it is a kind of, never nothing', () => {
  const stated = { input: picoUsd(3), output: picoUsd(15), reasoning: null, cache_read: null, cache_write: null };
  expect(unitPrices(stated)).toEqual({
    ...stated,
    reasoning: picoUsd(15),
    cache_read: picoUsd(3),
    cache_write: picoUsd(3),
  });
  const own = { ...stated, reasoning: picoUsd(4), cache_read: picoUsd(0), cache_write: picoUsd(3.75) };
  expect(unitPrices(own)).toEqual(own);
});

test('the input of a request is all that was sent, from the cache or not', () => {
  expect(totalInput({ input: 1, output: 20, reasoning: 300, cache_read: 4000, cache_write: 50_000 })).toBe(54_001);
});

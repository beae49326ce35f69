import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { counted, dollars, grouped, nanoOf, usdOf } from '../../../plugin/cli/figure.ts';

it.each([
  ['0', '$0.00'],
  ['0.000000001', '<$0.01'],
  ['0.004999999', '<$0.01'],
  ['0.005', '$0.01'],
  ['0.995415', '$1.00'],
  ['1234567.891', '$1,234,567.89'],
  ['9007199254740993.015', '$9,007,199,254,740,993.02'],
  ['-0.001', '>-$0.01'],
  ['-12.345', '-$12.35'],
])('%s dollars are shown as %s', (usd, shown) => {
  expect(dollars(nanoOf(usd) ?? -1n)).toBe(shown);
});

const nanos = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n });

it('no more than half a cent is lost for the eye, and nothing but nothing is shown as nothing', () => {
  fc.assert(
    fc.property(fc.oneof(nanos, fc.bigInt({ min: -20_000_000n, max: 20_000_000n })), (nano) => {
      const shown = dollars(nano);
      const least = { '<$0.01': nano > 0n, '>-$0.01': nano < 0n }[shown];
      const read = least === undefined ? (nanoOf(shown.replaceAll(/[$,]/g, '')) ?? -1n) : 0n;
      const lost = read > nano ? read - nano : nano - read;
      expect([lost <= 5_000_000n, least ?? (read === 0n) === (nano === 0n)]).toEqual([true, true]);
    }),
  );
});

it('the exact decimal comes back as it was', () => {
  fc.assert(fc.property(nanos, (nano) => nanoOf(usdOf(nano)) === nano));
  expect(['1e5', 'NaN', '', '1.0000000001', '$1', 1, null].map(nanoOf)).toEqual(Array.from({ length: 7 }, () => null));
});

it('counts are grouped by thousands', () => {
  expect([0, 999, 1000, 12_345_678].map(grouped)).toEqual(['0', '999', '1,000', '12,345,678']);
  expect([counted(1, 'message'), counted(1_500, 'message')]).toEqual(['1 message', '1,500 messages']);
});

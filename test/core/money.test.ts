import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { formatUsd, parseAmount, parseUsd } from '../../worker/ledger/money.ts';

/** Each decimal string that the wire may carry. */
const decimal = fc
  .tuple(fc.nat({ max: 999_999 }), fc.option(fc.stringMatching(/^\d{1,9}$/), { nil: null }))
  .map(([whole, fraction]) => (fraction === null ? `${whole}` : `${whole}.${fraction}`));

function shortest(text: string): string {
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}

test('what is read and written again is the same figure in its shortest form', () => {
  fc.assert(
    fc.property(decimal, (text) => {
      const nano = parseUsd(text);
      expect(nano).not.toBeNull();
      expect(formatUsd(nano ?? Number.NaN)).toBe(shortest(text));
    }),
  );
});

test('every figure that the wire may carry is exact as a number', () => {
  expect(parseUsd('999999.999999999')).toBe(999_999_999_999_999);
  expect(Number.isSafeInteger(parseUsd('999999.999999999'))).toBe(true);
});

test('a count of nano-dollars past 2^53 is written to its last digit', () => {
  fc.assert(
    fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n), (nano) => {
      const [whole = '', fraction = ''] = formatUsd(nano).replace('-', '').split('.');
      const count = BigInt(whole) * 10n ** 9n + BigInt(fraction.padEnd(9, '0'));
      expect(nano < 0n ? -count : count).toBe(nano);
      expect(formatUsd(nano.toString())).toBe(formatUsd(nano));
    }),
  );
  expect(formatUsd(9_007_199_254_740_993n)).toBe('9007199.254740993');
});

test('what is written is read again, of any size and sign', () => {
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 28n), 10n ** 28n), (nano) => {
      expect(parseAmount(formatUsd(nano))).toBe(nano);
    }),
  );
  fc.assert(
    fc.property(decimal, (text) => {
      expect(parseAmount(text)).toBe(BigInt(parseUsd(text) ?? Number.NaN));
    }),
  );
  for (const text of ['', '-', '+1', '.5', '1.', '1e3', '--1', ' 1', '1\n', '0.1234567890', '١'])
    expect(parseAmount(text)).toBeNull();
});

test('sums of tenths come out without a binary fraction', () => {
  const sum = ['0.1', '0.2'].reduce((total, text) => total + (parseUsd(text) ?? Number.NaN), 0);
  expect(formatUsd(sum)).toBe('0.3');
});

test.each([
  ['0', 0],
  ['0.000000001', 1],
  ['0.00396', 3_960_000],
  ['12', 12_000_000_000],
  ['1.50', 1_500_000_000],
])('%s dollars is %i nano-dollars', (text, nano) => {
  expect(parseUsd(text)).toBe(nano);
});

test.each([
  '',
  '-1',
  '-0',
  '+1',
  '1e-7',
  '1E3',
  'NaN',
  'Infinity',
  '.5',
  '1.',
  '.',
  '0x1',
  ' 1',
  '1 ',
  '1\n',
  '1_000',
  '1,5',
  '0.1234567890',
  '1234567',
  '1.2.3',
  '$1',
  '１',
  '٣',
  'null',
])('%j is no sum of dollars', (text) => {
  expect(parseUsd(text)).toBeNull();
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { csvHeader, csvRow } from '../../worker/api/csv.ts';
import { FOCUS_COLUMNS, focusRows, type FocusSpend } from '../../worker/ledger/focus.ts';
import { readTable } from '../support/csv.ts';
import { broken } from '../support/focus.ts';
import { signedNanoOf } from '../support/nano.ts';

const PERIOD = {
  team: { id: 'acme', name: 'Acme' },
  charge: { start: Date.UTC(2026, 10, 20), end: Date.UTC(2026, 10, 21) },
  billing: { start: Date.UTC(2026, 10, 1), end: Date.UTC(2026, 11, 1) },
};

function spend(given: Partial<FocusSpend> = {}): FocusSpend {
  return {
    member: 'ann@example.com',
    project: 'f00d',
    project_name: 'example.com/acme/app',
    branch: 'main',
    agent: 'build',
    provider: 'anthropic',
    model: 'claude-opus-4-6',
    basis: 'reported',
    messages: '2',
    input: '800',
    output: '100',
    reasoning: '0',
    cache_read: '200',
    cache_write: '0',
    cost: '3960000',
    reported: '3960000',
    list: '4000000',
    unpriced: '0',
    unlisted: '0',
    late: '0',
    ...given,
  };
}

function table(...spends: FocusSpend[]) {
  const rows = spends.flatMap((one) => focusRows(one, PERIOD));
  return readTable([csvHeader(FOCUS_COLUMNS), ...rows.map((row) => csvRow(FOCUS_COLUMNS, row))].join(''));
}

test('a charge is one row with its account, its repository, its member, its model and its tokens', () => {
  expect(table(spend())).toEqual([
    expect.objectContaining({
      BilledCost: '0.00396',
      EffectiveCost: '0.00396',
      ListCost: '0.004',
      ContractedCost: '0.004',
      BillingAccountId: 'acme',
      BillingPeriodStart: '2026-11-01T00:00:00Z',
      BillingPeriodEnd: '2026-12-01T00:00:00Z',
      ChargePeriodStart: '2026-11-20T00:00:00Z',
      ChargePeriodEnd: '2026-11-21T00:00:00Z',
      ChargeClass: '',
      PricingQuantity: '1100',
      PricingUnit: 'Tokens',
      ProviderName: 'anthropic',
      ResourceId: 'ann@example.com',
      SkuId: 'anthropic/claude-opus-4-6',
      SubAccountId: 'f00d',
      SubAccountName: 'example.com/acme/app',
      Tags: '{"member":"ann@example.com","agent":"build","branch":"main"}',
      x_Basis: 'reported',
      x_InputTokens: '800',
    }),
  ]);
});

test('what a plan covers is billed at nothing and listed at what it would have cost', () => {
  const [row] = table(spend({ basis: 'plan', cost: '0' }));
  expect(row).toMatchObject({ BilledCost: '0', EffectiveCost: '0', ListCost: '0.004', x_Basis: 'plan' });
});

test.each([
  ['where no list price is known, what was billed', { list: '0', unlisted: '2' }, '0.00396'],
  ['where one is known of a part alone, what was billed too', { cost: '20', list: '3', unlisted: '1' }, '0.00000002'],
  ['at a known price of nothing, nothing', { list: '0' }, '0'],
  [
    'what a plan covers, at the prices that are known',
    { basis: 'plan', cost: '0', list: '3', unlisted: '1' },
    '0.000000003',
  ],
  ['what nobody has a price for, nothing', { basis: 'unpriced', cost: '0', list: '0', unlisted: '2' }, '0'],
])('listed is, %s', (_, given, expected) => {
  expect(table(spend(given))[0]).toMatchObject({ ListCost: expected, ContractedCost: expected });
});

test.each([
  ['all of it late', { late: '3960000' }, [['Correction', '0.00396', '0.004', '1100']]],
  [
    'a part of it late',
    { late: '990000' },
    [
      ['', '0.00297', '0.003', '1100'],
      ['Correction', '0.00099', '0.001', ''],
    ],
  ],
  [
    'taken back late',
    { cost: '0', list: '0', late: '-5' },
    [
      ['', '0.000000005', '0.000000005', '1100'],
      ['Correction', '-0.000000005', '-0.000000005', ''],
    ],
  ],
])('%s is shown as a correction', (_, given, expected) => {
  const rows = table(spend(given));
  expect(rows.map((row) => [row['ChargeClass'], row['BilledCost'], row['ListCost'], row['PricingQuantity']])).toEqual(
    expected,
  );
  expect(broken(rows)).toEqual([]);
});

test('any charge keeps to the rules and its rows sum up to it to the nano-dollar', () => {
  const nano = fc.bigInt({ min: 0n, max: 10n ** 17n }).map(String);
  const label = fc.option(fc.constantFrom('x', '=cmd', 'a,b', '"'), { nil: null });
  const spends = fc.record({
    member: label,
    project: label,
    project_name: label,
    branch: label,
    agent: label,
    provider: label,
    model: label,
    basis: fc.constantFrom('reported', 'list', 'plan', 'free', 'unpriced'),
    messages: nano,
    input: nano,
    output: nano,
    reasoning: nano,
    cache_read: nano,
    cache_write: nano,
    cost: nano,
    reported: nano,
    list: nano,
    unpriced: nano,
    unlisted: fc.constantFrom('0', '3'),
    late: fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }).map(String),
  });
  fc.assert(
    fc.property(spends, (given) => {
      const rows = table(given);
      expect(broken(rows)).toEqual([]);
      const sum = (name: string) => rows.reduce((all, row) => all + signedNanoOf(row[name] ?? ''), 0n);
      expect(sum('BilledCost')).toBe(BigInt(given.cost));
      const isListed = given.basis !== 'reported' || given.unlisted === '0';
      expect(sum('ListCost')).toBe(BigInt(isListed ? given.list : given.cost));
      const corrections = rows.filter((row) => row['ChargeClass'] === 'Correction');
      expect(corrections.reduce((all, row) => all + signedNanoOf(row['BilledCost'] ?? ''), 0n)).toBe(
        BigInt(given.late),
      );
    }),
  );
});

import { expect, test } from 'vitest';

import { isPlan, NO_RULES, priceOf, type Override, type PriceRules } from '../../worker/ledger/price-rules.ts';
import { formatUsd } from '../../worker/ledger/money.ts';
import { listCost, picoUsd } from '../../worker/ledger/price.ts';

const NOVEMBER = Date.UTC(2026, 10, 23);
const tokens = { input: 1000, output: 500, reasoning: 0, cache_read: 0, cache_write: 0 };
const sonnet = { provider: 'anthropic', model: 'claude-sonnet-4-5' };
const copilot = { provider: 'github-copilot', model: 'claude-sonnet-4.5' };

function override(from: number, usdPerMillion: number, of = sonnet): Override {
  const unit = picoUsd(usdPerMillion);
  return {
    ...of,
    id: 'r1',
    from,
    prices: { input: unit, output: unit, reasoning: null, cache_read: null, cache_write: null },
  };
}

function priced(rules: Partial<PriceRules>, of = sonnet, at = NOVEMBER) {
  const price = priceOf({ ...NO_RULES, ...rules }, { ...of, at, tokens });
  return price && { name: price.name, usd: formatUsd(listCost(price.units, tokens)) };
}

test('without a rule the book is asked', () => {
  expect(priced({})).toEqual({ name: 'genai-prices 0.1.8 anthropic/claude-sonnet-4-5', usd: '0.0105' });
  expect(priced({}, copilot)).toBeNull();
});

test('an alias gives a name that the book lacks the price of one that it has', () => {
  const aliases = [{ ...copilot, as: sonnet }];
  expect(priced({ aliases }, copilot)).toEqual(priced({}));
  expect(priced({ aliases }, { ...copilot, provider: 'acme' })).toBeNull();
  expect(priced({ aliases }, { ...copilot, model: 'claude-sonnet-4.5 ' })).toBeNull();
});

test('an alias stands before the book, and leads to no other rule', () => {
  const opus = { provider: 'anthropic', model: 'claude-opus-4-5' };
  const aliases = [
    { ...sonnet, as: opus },
    { ...copilot, as: sonnet },
  ];
  expect(priced({ aliases })?.name).toBe('genai-prices 0.1.8 anthropic/claude-opus-4-5');
  expect(priced({ aliases }, copilot)).toEqual(priced({}));
  expect(priced({ aliases, overrides: [override(0, 1)] }, copilot)).toEqual(priced({}));
  expect(priced({ aliases: [{ ...sonnet, as: { provider: 'anthropic', model: 'nothing' } }] })).toBeNull();
});

test('an override stands before alias and book, from its moment on, until the next', () => {
  const [march, june] = [Date.UTC(2026, 2, 1), Date.UTC(2026, 5, 1, 12)];
  const rules = { overrides: [override(june, 2), override(march, 1)], aliases: [{ ...sonnet, as: copilot }] };
  expect(priced({ overrides: rules.overrides }, sonnet, march - 1)?.usd).toBe('0.0105');
  expect(priced(rules, sonnet, march)).toEqual({
    name: 'override r1 anthropic/claude-sonnet-4-5 from 2026-03-01',
    usd: '0.0015',
  });
  expect(priced(rules, sonnet, june - 1)?.usd).toBe('0.0015');
  expect(priced(rules, sonnet, june)).toEqual({
    name: 'override r1 anthropic/claude-sonnet-4-5 from 2026-06-01T12:00:00.000Z',
    usd: '0.003',
  });
});

test('an override is of one model of one provider, to the letter', () => {
  const overrides = [override(0, 1, { provider: 'acme', model: 'm1' })];
  expect(priced({ overrides }, { provider: 'acme', model: 'm1' })?.usd).toBe('0.0015');
  for (const model of ['m', 'm11', 'M1', 'acme/m1'])
    expect(priced({ overrides }, { provider: 'acme', model })).toBeNull();
  expect(priced({ overrides }, { provider: 'acme2', model: 'm1' })).toBeNull();
});

test('an override of zero makes a model free, which is a price', () => {
  const overrides = [override(0, 0, { provider: 'local', model: 'llama' })];
  expect(priced({ overrides }, { provider: 'local', model: 'llama' })?.usd).toBe('0');
});

test('of two overrides from one moment the later in the list holds', () => {
  expect(priced({ overrides: [override(0, 1), override(0, 2)] })?.usd).toBe('0.003');
});

test('a plan covers a provider, or one model of it', () => {
  const rules = {
    ...NO_RULES,
    plans: [
      { provider: 'github-copilot', model: null },
      { provider: 'anthropic', model: 'claude-sonnet-4-5' },
    ],
  };
  expect(isPlan(rules, copilot)).toBe(true);
  expect(isPlan(rules, sonnet)).toBe(true);
  expect(isPlan(rules, { ...sonnet, model: 'claude-opus-4-5' })).toBe(false);
  expect(isPlan(rules, { ...copilot, provider: 'github-copilot-enterprise' })).toBe(false);
  expect(isPlan(NO_RULES, sonnet)).toBe(false);
});

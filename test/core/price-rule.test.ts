import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { nearest } from '../../worker/ledger/nearest.ts';
import { MAX_USD_PER_MILLION, type PicoUsd } from '../../worker/ledger/price.ts';
import { ruleOf, tellRule, type Rule } from '../../worker/ledger/price-rule.ts';

const pico = fc.nat({ max: MAX_USD_PER_MILLION * 1e6 }).map((value) => value as PicoUsd);
const part = fc.option(pico);
const of = { provider: fc.string(), model: fc.string() };
const rule: fc.Arbitrary<Rule> = fc.oneof(
  fc.record({
    kind: fc.constant('override' as const),
    ...of,
    from: fc.nat({ max: 4e12 }),
    prices: fc.record({ input: pico, output: pico, reasoning: part, cache_read: part, cache_write: part }),
  }),
  fc.record({ kind: fc.constant('alias' as const), ...of, as: fc.record(of) }),
  fc.record({ kind: fc.constant('plan' as const), provider: fc.string(), model: fc.option(fc.string()) }),
);

test('a rule comes back from the log as it was told, and as the logs of before have it', () => {
  fc.assert(
    fc.property(rule, (given) => {
      expect(ruleOf(JSON.parse(JSON.stringify(tellRule(given))))).toEqual(given);
      expect(ruleOf(JSON.parse(JSON.stringify(given)))).toEqual(given);
    }),
  );
});

test.each([
  ['claude-sonet-4-5', ['claude-sonnet-4-5', 'claude-sonnet-4', 'claude-opus-4-5']],
  ['gpt5', ['gpt-5', 'o3', 'claude-opus-4-5']],
  ['', ['o3', 'gpt-5', 'claude-opus-4-5']],
])('nearest to %j are %j', (meant, names) => {
  expect(nearest(meant, ['claude-opus-4-5', 'claude-sonnet-4', 'claude-sonnet-4-5', 'gpt-5', 'o3'])).toEqual(names);
});

test('nothing is nearer than the name itself', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ unit: 'binary' }), { minLength: 1 }), fc.nat(), (names, at) => {
      const meant = names[at % names.length] ?? '';
      expect(nearest(meant, names)[0]).toBe(meant);
    }),
  );
});

// A rule of a team's about prices: as it is kept, and as the API and the log tell of it, in decimal text and ISO 8601.
import { formatUsd } from './money.ts';
import { picoUsd, type PicoUsd, type StatedPrices, type UnitPrices } from './price.ts';
import type { Alias, Override, Plan } from './price-rules.ts';

export type Rule =
  | ({ readonly kind: 'override' } & Omit<Override, 'id'>)
  | ({ readonly kind: 'alias' } & Alias)
  | ({ readonly kind: 'plan' } & Plan);

type Units<T> = { readonly [K in keyof UnitPrices]: T };
type ToldOverride = Omit<Extract<Rule, { kind: 'override' }>, 'from' | 'prices'> & {
  readonly from: string;
  readonly usd_per_million: Units<string | null>;
};
export type ToldRule = Exclude<Rule, { kind: 'override' }> | ToldOverride;

export function tellRule(rule: Rule): ToldRule {
  const { kind, provider, model } = rule;
  if (kind === 'alias') return { kind, provider, model, as: rule.as };
  if (kind === 'plan') return { kind, provider, model };
  return { kind, provider, model, from: new Date(rule.from).toISOString(), usd_per_million: tellUnits(rule.prices) };
}

/** What the log says of a rule. Logs of before have the rule itself. */
export function ruleOf(told: ToldRule | Rule): Rule {
  if (!('usd_per_million' in told)) return told;
  const { kind, provider, model, from, usd_per_million: usd } = told;
  const part = (text: string | null) => (text === null ? null : picoUsd(Number(text)));
  const prices: StatedPrices = {
    input: picoUsd(Number(usd.input)),
    output: picoUsd(Number(usd.output)),
    reasoning: part(usd.reasoning),
    cache_read: part(usd.cache_read),
    cache_write: part(usd.cache_write),
  };
  return { kind, provider, model, from: Date.parse(from), prices };
}

export function tellUnits(units: Units<PicoUsd | null>): Units<string | null> {
  // A pico-dollar a token is a millionth of a dollar a million tokens.
  const tell = (pico: PicoUsd | null) => (pico === null ? null : formatUsd(pico * 1_000));
  const { input, output, reasoning, cache_read, cache_write } = units;
  return {
    input: tell(input),
    output: tell(output),
    reasoning: tell(reasoning),
    cache_read: tell(cache_read),
    cache_write: tell(cache_write),
  };
}

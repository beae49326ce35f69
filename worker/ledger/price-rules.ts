// A team's own rules about prices, and the price of a message by them: what an admin says comes first, then the book. What
// neither of them knows has no price.
import type { Tokens } from '../../plugin/contract.ts';
import type { Book, ModelName } from './book.ts';
import { bundledBook } from './bundled-book.ts';
import { totalInput, unitPrices, type Price, type StatedPrices } from './price.ts';

export interface PriceRules {
  readonly overrides: readonly Override[];
  readonly aliases: readonly Alias[];
  readonly plans: readonly Plan[];
}

/** The price of one model from a moment on, until the next override of it. Zero is a price: it makes the model free. */
export interface Override extends ModelName {
  readonly id: string;
  readonly from: number;
  readonly prices: StatedPrices;
}

/** The book's price of `as` is the price of this. It leads to the book alone: not to an override of `as`, nor to another alias. */
export interface Alias extends ModelName {
  readonly as: ModelName;
}

/** What is used under a subscription: a provider, or one model of it. */
export interface Plan {
  readonly provider: string;
  readonly model: string | null;
}

export interface Priced extends ModelName {
  readonly at: number;
  readonly tokens: Tokens;
}

export const NO_RULES: PriceRules = { overrides: [], aliases: [], plans: [] };

export function priceOf(rules: PriceRules, message: Priced, book: Book = bundledBook): Price | null {
  const override = overrideOf(rules, message);
  if (override !== null) return { name: nameOf(override), units: unitPrices(override.prices) };
  const alias = rules.aliases.find((alias) => isSame(alias, message));
  return book.priceAt(alias?.as ?? message, message.at, totalInput(message.tokens));
}

export function isPlan(rules: PriceRules, { provider, model }: ModelName): boolean {
  return rules.plans.some((plan) => plan.provider === provider && (plan.model === null || plan.model === model));
}

/** The newest that had begun; of two that begin at once the later in the list. */
function overrideOf({ overrides }: PriceRules, message: Priced): Override | null {
  let newest: Override | null = null;
  for (const override of overrides) {
    if (!isSame(override, message) || override.from > message.at) continue;
    if (newest === null || override.from >= newest.from) newest = override;
  }
  return newest;
}

/** With the rule's own id, since another rule may come to say something else from the same moment on. */
function nameOf({ id, provider, model, from }: Override): string {
  return `override ${id} ${provider}/${model} from ${new Date(from).toISOString().replace(/T00:00:00\.000Z$/, '')}`;
}

function isSame(a: ModelName, b: ModelName): boolean {
  return a.provider === b.provider && a.model === b.model;
}

// What the fake provider charges, in US dollars for a million tokens as OpenCode's configuration wants it, and the same in
// integers for the invoice. Four decimals that are even: a message's cost can never lie halfway between two nano-dollars.

export interface Price {
  readonly input: number;
  readonly output: number;
  readonly cache_read: number;
  readonly cache_write: number;
}

export interface Usage {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly reasoning: number;
}

const round: Price = { input: 3, output: 15, cache_read: 0.3, cache_write: 3.75 };
const odd: Price = { input: 0.1374, output: 0.5832, cache_read: 0.0272, cache_write: 0.1716 };
const small: Price = { input: 1, output: 5, cache_read: 0.1, cache_write: 1.25 };

/** `tiny` has a context so short that the second prompt compacts the session by itself. */
export const models = {
  'fake-model': { price: round, context: 200_000, output: 8192 },
  'fake-odd': { price: odd, context: 200_000, output: 8192 },
  'fake-small': { price: small, context: 200_000, output: 8192 },
  'fake-tiny': { price: odd, context: 1500, output: 500 },
} as const;

export type ModelId = keyof typeof models;

export function isModelId(id: string): id is ModelId {
  return Object.hasOwn(models, id);
}

/** One call's price in integer nano-dollars; reasoning is charged as output. */
export function costNano(model: ModelId, usage: Usage): bigint {
  const { input, output, cache_read } = models[model].price;
  const tenthsOfNano =
    tenths(input) * BigInt(usage.input) +
    tenths(output) * BigInt(usage.output + usage.reasoning) +
    tenths(cache_read) * BigInt(usage.cached);
  return (tenthsOfNano + 5n) / 10n;
}

// A dollar for a million tokens is 1000 nano-dollars a token; four decimals make it an integer of tenths.
function tenths(usdPerMillion: number): bigint {
  return BigInt(Math.round(usdPerMillion * 10_000));
}

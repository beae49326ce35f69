// Adds up the tokens of a message's steps. A message's cost grows with each step, but its own token field holds the last
// step's alone, so only the step-finish parts are exact.

import type { Tokens } from './contract.ts';
import { Bounded } from './bounded.ts';
import { fields, name } from './field.ts';
import type { Fields } from './field.ts';
import { MESSAGES, STEPS_PER_MESSAGE } from './limits.ts';

export type Steps = Bounded<string, Bounded<string, Tokens>>;

export function noSteps(): Steps {
  return new Bounded(MESSAGES);
}

export function recordStep(steps: Steps, part: Fields): void {
  const message = name(part.messageID);
  const id = name(part.id);
  if (part.type !== 'step-finish' || message === null || id === null) return;
  const known = steps.get(message) ?? new Bounded<string, Tokens>(STEPS_PER_MESSAGE);
  known.set(id, tokensOf(part.tokens));
  steps.set(message, known);
}

export function sumSteps(steps: Steps, message: string, own: unknown): Tokens {
  const known = steps.get(message);
  if (known === undefined) return tokensOf(own);
  const sum = { input: 0, output: 0, reasoning: 0, cache_read: 0, cache_write: 0 };
  for (const step of known.values()) {
    for (const kind of TOKEN_KINDS) sum[kind] += step[kind];
  }
  return sum;
}

const TOKEN_KINDS = ['input', 'output', 'reasoning', 'cache_read', 'cache_write'] as const;

function tokensOf(value: unknown): Tokens {
  const tokens = fields(value);
  const cache = fields(tokens.cache);
  return {
    input: count(tokens.input),
    output: count(tokens.output),
    reasoning: count(tokens.reasoning),
    cache_read: count(cache.read),
    cache_write: count(cache.write),
  };
}

/** A nonsense number stays nonsense, so that the relay rejects it visibly instead of charging a quiet zero. */
function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

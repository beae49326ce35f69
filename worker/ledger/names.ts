// The names that OpenCode and the price book have for the same thing. Names are compared to the letter: what neither the book nor
// these tables spell out has no price until an admin gives it an alias or an override. A guess would be a wrong figure.

/**
 * OpenCode's providers and the book's. Left out on purpose: plans that are paid by the month (`zai-coding-plan`, …), `opencode`,
 * whose prices the book does not have, and `zhipuai`, whose book prices are converted from another currency at one day's rate.
 */
export const BOOK_PROVIDERS: ReadonlyMap<string, string> = new Map([
  ['amazon-bedrock', 'aws'],
  ['anthropic', 'anthropic'],
  ['arcee', 'arcee'],
  ['azure', 'azure'],
  ['azure-cognitive-services', 'azure'],
  ['baseten', 'baseten'],
  ['cerebras', 'cerebras'],
  ['cloudflare-workers-ai', 'cloudflare'],
  ['cohere', 'cohere'],
  ['deepseek', 'deepseek'],
  ['fireworks-ai', 'fireworks'],
  ['github-copilot', 'github-copilot'],
  ['google', 'google'],
  ['google-vertex', 'google'],
  ['groq', 'groq'],
  ['minimax', 'minimax'],
  ['mistral', 'mistral'],
  ['modal', 'modal'],
  ['moonshotai', 'moonshotai'],
  ['novita-ai', 'novita'],
  ['openai', 'openai'],
  ['openrouter', 'openrouter'],
  ['ovhcloud', 'ovhcloud'],
  ['perplexity', 'perplexity'],
  ['togetherai', 'together'],
  ['xai', 'x-ai'],
  ['zai', 'zai'],
]);

/**
 * Dated ids that the provider documents as the same model as the book's. The book has them by their first letters alone, by
 * which a model that is yet to come would match too.
 */
export const SNAPSHOTS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [
    'anthropic',
    new Map([
      ['claude-3-haiku-20240307', 'claude-3-haiku'],
      ['claude-3-opus-20240229', 'claude-3-opus-latest'],
      ['claude-3-sonnet-20240229', 'claude-3-sonnet'],
      ['claude-3-5-haiku-20241022', 'claude-3-5-haiku-latest'],
      ['claude-3-5-sonnet-20240620', 'claude-3-5-sonnet'],
      ['claude-3-5-sonnet-20241022', 'claude-3-5-sonnet'],
      ['claude-3-7-sonnet-20250219', 'claude-3-7-sonnet-latest'],
      ['claude-sonnet-4-20250514', 'claude-sonnet-4-0'],
      ['claude-opus-4-1-20250805', 'claude-opus-4-1'],
      ['claude-sonnet-4-5-20250929', 'claude-sonnet-4-5'],
      ['claude-haiku-4-5-20251001', 'claude-haiku-4-5'],
      ['claude-opus-4-5-20251101', 'claude-opus-4-5'],
    ]),
  ],
]);

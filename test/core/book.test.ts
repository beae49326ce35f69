import { readFileSync } from 'node:fs';

import { calcPrice } from '@pydantic/genai-prices';
import { expect, test } from 'vitest';

import { parseBookFile } from '../../worker/ledger/book-file.ts';
import { parseBook, type Book } from '../../worker/ledger/book.ts';
import { BUNDLED_BOOK, bundledBook, bundledFile } from '../../worker/ledger/bundled-book.ts';
import { formatUsd } from '../../worker/ledger/money.ts';
import { BOOK_PROVIDERS, SNAPSHOTS } from '../../worker/ledger/names.ts';
import { listCost, totalInput } from '../../worker/ledger/price.ts';

const NOVEMBER = Date.UTC(2026, 10, 23);
const none = { input: 0, output: 0, reasoning: 0, cache_read: 0, cache_write: 0 };

function cost(name: string, tokens: Partial<typeof none>, at = NOVEMBER, book: Book = bundledBook): string | null {
  const all = { ...none, ...tokens };
  const price = book.priceAt(split(name), at, totalInput(all));
  return price && formatUsd(listCost(price.units, all));
}

function nameAt(name: string, at = NOVEMBER, input = 0, book: Book = bundledBook): string | null {
  return book.priceAt(split(name), at, input)?.name ?? null;
}

function split(name: string) {
  const slash = name.indexOf('/');
  return { provider: name.slice(0, slash), model: name.slice(slash + 1) };
}

test('the bundled data is the pinned package, and valid', () => {
  const { devDependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(BUNDLED_BOOK).toBe(`genai-prices ${devDependencies['@pydantic/genai-prices']}`);
  expect(parseBookFile(bundledFile)).toMatchObject({ ok: true });
});

test('the book has every provider that the table leads to', () => {
  expect(bundledFile.map(({ id }) => id).toSorted()).toEqual([...new Set(BOOK_PROVIDERS.values())].toSorted());
});

test.each([
  [
    'anthropic/claude-sonnet-4-5',
    { input: 1000, output: 500, reasoning: 200, cache_read: 10_000, cache_write: 2000 },
    '0.024',
  ],
  ['openai/gpt-5', { input: 1000, output: 500, reasoning: 300 }, '0.00925'],
  ['anthropic/claude-sonnet-4-6', { input: 250_000, output: 1000 }, '0.765'],
  ['perplexity/sonar-deep-research', { input: 1000 }, null],
  ['openrouter/perplexity/sonar-deep-research', { output: 1000, reasoning: 1000 }, '0.011'],
  ['google/gemini-2.5-pro', { input: 1000, cache_write: 1000 }, '0.0025'],
  ['deepseek/deepseek-v3.2', { cache_read: 1_000_000 }, '0.2288'],
  ['openrouter/google/gemma-3-27b-it:free', { input: 1000, output: 1000 }, '0'],
])('%s of %o costs %s dollars', (name, tokens, usd) => {
  expect(cost(name, tokens)).toBe(usd);
});

test('a price holds from the first moment of its day, in UTC', () => {
  const long = { input: 250_000, output: 1000 };
  const day = Date.UTC(2026, 2, 13);
  expect(cost('anthropic/claude-sonnet-4-6', long, day - 1)).toBe('1.5225');
  expect(cost('anthropic/claude-sonnet-4-6', long, day)).toBe('0.765');
  expect(nameAt('anthropic/claude-sonnet-4-6', day - 1, 250_000)).toBe(
    'genai-prices 0.1.8 anthropic/claude-sonnet-4-6 above 200000',
  );
  expect(nameAt('anthropic/claude-sonnet-4-6', day, 250_000)).toBe(
    'genai-prices 0.1.8 anthropic/claude-sonnet-4-6 from 2026-03-13',
  );
  expect(nameAt('openai/o3', Date.UTC(1970, 0, 1))).toBe('genai-prices 0.1.8 openai/o3');
});

test.each([
  [{ input: 199_999 }, '0.599997'],
  [{ input: 200_000 }, '0.6'],
  [{ input: 200_001 }, '1.200006'],
  [{ input: 1, cache_read: 199_999 }, '0.0600027'],
  [{ input: 1, cache_read: 199_999, cache_write: 1 }, '0.1200129'],
  [{ input: 200_000, output: 1000, reasoning: 1000 }, '0.63'],
  [{ input: 200_001, output: 1000, reasoning: 1000 }, '1.245006'],
])('a tier prices the whole request once its input exceeds the limit: %o costs %s', (tokens, usd) => {
  expect(cost('anthropic/claude-sonnet-4-6', tokens, Date.UTC(2026, 0, 1))).toBe(usd);
});

test('hours of the day are priced from the date that they stand under, through their last moment', () => {
  const at = (day: number, hour: number, ms = 0) =>
    cost('deepseek/deepseek-v4-flash', { input: 1_000_000 }, Date.UTC(2026, 7, day, hour) + ms);
  expect([at(16, 2), at(17, 0), at(17, 1, -1), at(17, 1), at(17, 4, -1), at(17, 4)]).toEqual([
    '0.14',
    '0.22',
    '0.22',
    '0.44',
    '0.44',
    '0.22',
  ]);
  expect(nameAt('deepseek/deepseek-v4-flash', Date.UTC(2026, 7, 20, 6))).toBe(
    'genai-prices 0.1.8 deepseek/deepseek-v4-flash from 2026-08-17 06:00-10:00 UTC',
  );
});

test.each([
  'acme/m1',
  'openai/m1',
  'openai/unknown',
  'openai/',
  '/gpt-5',
  'openai/gpt',
  'openai/gpt-5-nano-x',
  'openai/gpt-5 ',
  'openai/GPT-5',
  'OpenAI/gpt-5',
  'openai/openai/gpt-5',
  'openai/text-moderation-latest',
  'openai/gpt-5.6-sol-2026-12-01',
  'anthropic/claude-sonnet-4-5-20991231',
  'anthropic/claude-sonnet-4-5-fast',
  'anthropic/claude-sonnet-4.5',
  'anthropic/claude-2.1',
  'azure/my-o4-mini',
  'amazon-bedrock/eu.anthropic.claude-opus-4-5',
  'google/models/gemini-2.5-pro',
  'opencode/gpt-5',
  'zai-coding-plan/glm-5.2',
  'x-ai/grok-4',
  'cerebras/qwen-3-coder-480b',
  'openai/text-embedding-3-large',
  'openai/whisper-1',
  'openai/constructor',
  '__proto__/gpt-5',
])('%s has no price', (name) => {
  expect(nameAt(name)).toBeNull();
});

test('another name of a model has its price where the file spells it out', () => {
  expect(nameAt('openai/gpt-5-2')).toBe('genai-prices 0.1.8 openai/gpt-5.2');
  expect(nameAt('xai/grok-4')).toBe('genai-prices 0.1.8 x-ai/grok-4-0709');
});

test("the price of every model is the one that the package's own calculation finds", () => {
  const at = new Date(NOVEMBER);
  let compared = 0;
  for (const [provider, known] of BOOK_PROVIDERS) {
    if (known === 'perplexity') continue;
    for (const { id } of bundledFile.find(({ id }) => id === known)?.models ?? []) {
      for (const input of [1000, 300_000]) {
        const usage = {
          input_tokens: input * 3,
          cache_read_tokens: input,
          cache_write_tokens: input,
          output_tokens: input,
        };
        const theirs = calcPrice(usage, id, { providerId: known, timestamp: at });
        const ours = cost(`${provider}/${id}`, { input, cache_read: input, cache_write: input, output: input });
        // Their rule for the id may not be met by the id itself, where it is a title and never sent.
        if (ours === null || theirs?.model.id !== id) continue;
        expect(Math.abs(Number(ours) - theirs.total_price), `${provider}/${id}`).toBeLessThan(
          1e-6 * (1 + theirs.total_price),
        );
        compared += 1;
      }
    }
  }
  expect(compared).toBeGreaterThan(2000);
});

const SNAPSHOT_NAMES = [...SNAPSHOTS].flatMap(([provider, names]) =>
  [...names].map(([dated, name]) => [provider, dated, name] as const),
);

test.each(SNAPSHOT_NAMES)('%s/%s is what the file too takes for %s', (provider, dated, name) => {
  expect(calcPrice({ input_tokens: 1 }, dated, { providerId: provider })?.model.id).toBe(name);
  expect(nameAt(`${provider}/${dated}`)).toBe(`genai-prices 0.1.8 ${provider}/${name}`);
});

const newer = [
  {
    id: 'openai',
    name: 'OpenAI',
    api_pattern: '.*',
    models: [
      { id: 'gpt-5', match: { equals: 'gpt-5' }, prices: { input_mtok: 1, output_mtok: 8, web_searches_kcount: 10 } },
      {
        id: 'gpt-7',
        match: { or: [{ equals: 'gpt-7' }, { or: [{ equals: 'gpt-7-latest' }] }, { and: [{ equals: 'gpt-7-x' }] }] },
        prices: [
          {
            prices: {
              input_mtok: 2,
              output_mtok: {
                base: 4,
                tiers: [
                  { start: 20, price: 9 },
                  { start: 10, price: 6 },
                ],
              },
            },
          },
          { constraint: { start_date: '2026-12-01' }, prices: { input_mtok: 1, output_mtok: 2 } },
          {
            constraint: { start_time: '22:00:00Z', end_time: '06:00:00Z' },
            prices: { input_mtok: 0.5, output_mtok: 1 },
          },
        ],
      },
      { id: 'twin-a', match: { equals: 'twin' }, prices: { input_mtok: 1, output_mtok: 1 } },
      { id: 'twin-b', match: { equals: 'twin' }, prices: { input_mtok: 2, output_mtok: 2 } },
    ],
  },
];

function refreshed(): Book {
  const book = parseBook('genai-prices 2026-11-20', newer);
  if (!book.ok) throw new Error(book.error);
  return book.value;
}

test('a newer file makes a book of its own, that says so in its names', () => {
  const book = refreshed();
  expect(nameAt('openai/gpt-5', NOVEMBER, 0, book)).toBe('genai-prices 2026-11-20 openai/gpt-5');
  expect(cost('openai/gpt-5', { input: 1000, output: 1000 }, NOVEMBER, book)).toBe('0.009');
  expect(nameAt('openai/gpt-7-latest', NOVEMBER, 0, book)).toBe('genai-prices 2026-11-20 openai/gpt-7');
  expect(nameAt('openai/gpt-7-x', NOVEMBER, 0, book)).toBeNull();
  expect(nameAt('anthropic/claude-sonnet-4-5', NOVEMBER, 0, book)).toBeNull();
});

test('tiers need no order in the file, and each kind of token may have its own', () => {
  const at = (input: number) => cost('openai/gpt-7', { input, output: 1_000_000 }, NOVEMBER, refreshed());
  expect([at(10), at(11), at(20), at(21)]).toEqual(['4.00002', '6.000022', '6.00004', '9.000042']);
});

test('hours may run past midnight', () => {
  const at = (hour: number, minute = 0) =>
    cost('openai/gpt-7', { output: 1_000_000 }, Date.UTC(2026, 11, 2, hour, minute), refreshed());
  expect([at(21, 59), at(22), at(0), at(5, 59), at(6)]).toEqual(['2', '1', '1', '1', '2']);
});

test('a name that two models have is no price of either', () => {
  expect(nameAt('openai/twin', NOVEMBER, 0, refreshed())).toBeNull();
  expect(nameAt('openai/twin-b', NOVEMBER, 0, refreshed())).not.toBeNull();
});

const model = (prices: unknown, match: unknown = { equals: 'm' }) => [
  { id: 'openai', models: [{ id: 'm', match, prices }] },
];
const dated = (constraint: unknown) => model([{ constraint, prices: {} }]);

test.each([
  [null, 'body: must be the list of providers that genai-prices publishes, got null'],
  [[], 'body: must name a provider that OpenCode has, got Array'],
  [[{ id: 'acme', models: [] }], 'must name a provider that OpenCode has'],
  [[{ id: 'openai' }], '0.models: is missing'],
  [
    model({ input_mtok: -1 }),
    '0.models.0.prices.input_mtok: must be dollars for a million tokens, from 0 to 1000, got -1',
  ],
  [model({ input_mtok: '3' }), '0.models.0.prices.input_mtok: must be'],
  [model({ output_mtok: 1001 }), 'from 0 to 1000, got 1001'],
  [model({ output_mtok: Number.NaN }), '0.models.0.prices.output_mtok: must be'],
  [
    model({ input_mtok: { base: 1, tiers: [{ start: 0.5, price: 2 }] } }),
    'tiers.0.start: must be a count of tokens, got 0.5',
  ],
  [dated({ start_date: '2026-02-30' }), 'start_date: must be a date that exists, got "2026-02-30"'],
  [dated({ start_date: 'soon' }), 'start_date: must be a date, got "soon"'],
  [
    dated({ start_time: '1:00', end_time: '02:00:00Z' }),
    'start_time: must be a time in UTC such as 16:30:00Z, got "1:00"',
  ],
  [dated({ region: 'eu' }), '0.models.0.prices.0.constraint.start_time: is missing'],
  [dated({ start_date: '2026-01-01', region: 'eu' }), '0.models.0.prices.0.constraint.region: is not a field of this'],
  [model({}, { equals: 5 }), '0.models.0.match.equals: must be text, got 5'],
])('a file with something wrong is refused, and the reason is told: %j', (file, reason) => {
  const book = parseBook('x', file);
  expect(book.ok ? 'accepted' : book.error).toContain(reason);
});

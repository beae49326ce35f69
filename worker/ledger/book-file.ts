// The file that the genai-prices project publishes, and what a price book takes of it. A newer one can be put in place of the
// bundled one at any time, so it is parsed as what it is: something from outside.
import * as v from 'valibot';

import { describe, STRICTLY } from '../event/issue.ts';
import { fail, ok, type Result } from '../result.ts';
import { BOOK_PROVIDERS } from './names.ts';
import { MAX_USD_PER_MILLION } from './price.ts';

export type BookFile = readonly FileProvider[];

export interface FileProvider {
  readonly id: string;
  readonly models: readonly FileModel[];
}

export interface FileModel {
  readonly id: string;
  readonly match: Clause;
  /** A list is in order of time: what comes later replaces what came before, from its date or in its hours. */
  readonly prices:
    | FilePrices
    | readonly { readonly constraint?: Constraint | undefined; readonly prices: FilePrices }[];
}

/** A rule of the file for the ids that mean a model. Of them all a book takes the ids that are spelt out, alone or in a list. */
export interface Clause {
  readonly equals?: string | undefined;
  readonly or?: readonly Clause[] | undefined;
  readonly [other: string]: unknown;
}

export type Constraint =
  | { readonly start_date: string }
  /** Times of the day in UTC; past midnight where the end is the smaller. */
  | { readonly start_time: string; readonly end_time: string };

/** Dollars for a million tokens; with tiers, the price of the last tier whose start the whole request's input exceeds. */
export type FilePrice = number | { readonly base: number; readonly tiers: readonly Tier[] };

interface Tier {
  readonly start: number;
  readonly price: number;
}

export interface FilePrices {
  readonly input_mtok?: FilePrice | undefined;
  readonly output_mtok?: FilePrice | undefined;
  readonly output_reasoning_mtok?: FilePrice | undefined;
  readonly cache_read_mtok?: FilePrice | undefined;
  readonly cache_write_mtok?: FilePrice | undefined;
  /** Fees that no count of tokens tells. */
  readonly requests_kcount?: unknown;
  readonly output_citation_mtok?: unknown;
}

const PRICE = `must be dollars for a million tokens, from 0 to ${MAX_USD_PER_MILLION}`;
const usd = v.pipe(v.number(PRICE), v.minValue(0, PRICE), v.maxValue(MAX_USD_PER_MILLION, PRICE));
const limit = v.pipe(
  v.number('must be a count of tokens'),
  v.safeInteger('must be a count of tokens'),
  v.minValue(0, 'must be a count of tokens'),
);
const filePrice: v.GenericSchema<unknown, FilePrice> = v.lazy((input) =>
  typeof input === 'number' ? usd : v.object({ base: usd, tiers: v.array(v.object({ start: limit, price: usd })) }),
);

const filePrices: v.GenericSchema<unknown, FilePrices> = v.object({
  input_mtok: v.optional(filePrice),
  output_mtok: v.optional(filePrice),
  output_reasoning_mtok: v.optional(filePrice),
  cache_read_mtok: v.optional(filePrice),
  cache_write_mtok: v.optional(filePrice),
  requests_kcount: v.optional(v.unknown()),
  output_citation_mtok: v.optional(v.unknown()),
});

const date = v.pipe(
  v.string('must be a date'),
  v.isoDate('must be a date'),
  v.check((text) => new Date(text).toISOString().startsWith(text), 'must be a date that exists'),
);
const time = v.pipe(
  v.string('must be a time'),
  v.regex(/^([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/, 'must be a time in UTC such as 16:30:00Z'),
);

/** A kind of constraint that we do not know could make any price wrong. */
const constraint: v.GenericSchema<unknown, Constraint> = v.lazy((input) =>
  typeof input === 'object' && input !== null && 'start_date' in input
    ? v.strictObject({ type: v.optional(v.literal('start_date')), start_date: date })
    : v.strictObject({ type: v.optional(v.literal('time_of_date')), start_time: time, end_time: time }),
);

const clause: v.GenericSchema<unknown, Clause> = v.looseObject({
  equals: v.optional(v.string('must be text')),
  or: v.optional(v.array(v.lazy(() => clause))),
});

const id = v.pipe(
  v.string('must be text'),
  v.minLength(1, 'must not be empty'),
  v.maxLength(256, 'must be at most 256 characters'),
);

const bookFile: v.GenericSchema<unknown, BookFile> = v.pipe(
  v.array(
    v.object({
      id,
      models: v.array(
        v.object({
          id,
          match: clause,
          prices: v.lazy((input) =>
            Array.isArray(input)
              ? v.array(v.object({ constraint: v.optional(constraint), prices: filePrices }))
              : filePrices,
          ),
        }),
      ),
    }),
    'must be the list of providers that genai-prices publishes',
  ),
  v.check(
    (providers) => providers.some((provider) => KNOWN.has(provider.id)),
    'must name a provider that OpenCode has',
  ),
);

const KNOWN: ReadonlySet<string> = new Set(BOOK_PROVIDERS.values());

export function parseBookFile(file: unknown): Result<BookFile, string> {
  const parsed = v.safeParse(bookFile, file, STRICTLY);
  return parsed.success ? ok(parsed.output) : fail(describe(parsed.issues[0]));
}

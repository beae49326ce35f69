// A price book: what a model's tokens cost, by provider and model to the letter and by the moment. A model that it has more than
// one opinion on, or whose price is not by tokens alone, it does not have.
import { ok, type Result } from '../result.ts';
import { parseBookFile, type BookFile, type Clause, type FileModel } from './book-file.ts';
import { periodsOf, type Period } from './book-period.ts';
import { BOOK_PROVIDERS, SNAPSHOTS } from './names.ts';
import type { Price } from './price.ts';

export interface ModelName {
  readonly provider: string;
  readonly model: string;
}

export interface Book {
  /** The price of a request of so much input, begun then; null where the book has none. Providers as OpenCode names them. */
  priceAt(of: ModelName, at: number, totalInput: number): Price | null;
  readonly providers: readonly string[];
  /** The names of those that have a price. */
  models(provider: string): readonly string[];
}

type Models = ReadonlyMap<string, readonly Period[]>;
const NONE: Models = new Map();

/**
 * A newer file in place of the bundled one. `name` goes into every entry that the book prices, and tells one file from another:
 * e.g. `genai-prices 2026-11-20`.
 */
export function parseBook(name: string, file: unknown): Result<Book, string> {
  const parsed = parseBookFile(file);
  return parsed.ok ? ok(bookOf(name, parsed.value)) : parsed;
}

/** A provider's models are laid out when the first of them is asked for. */
export function bookOf(name: string, file: BookFile): Book {
  const laidOut = new Map<string, Models>();
  const modelsOf = (provider: string): Models => {
    const held = laidOut.get(provider);
    if (held !== undefined) return held;
    const models = layOut(name, provider, file);
    laidOut.set(provider, models);
    return models;
  };
  const ofProvider = (provider: string): Models => {
    const known = BOOK_PROVIDERS.get(provider);
    return known === undefined ? NONE : modelsOf(known);
  };
  return {
    providers: [...BOOK_PROVIDERS.keys()],
    models: (provider) => [...ofProvider(provider)].flatMap(([model, { length }]) => (length === 0 ? [] : [model])),
    priceAt({ provider, model }, at, totalInput) {
      const periods = ofProvider(provider).get(model);
      const period = periods?.find((period) => period.holdsAt(at));
      return period?.bands.find((band) => totalInput > band.above) ?? null;
    },
  };
}

function layOut(book: string, provider: string, file: BookFile): Models {
  const models = new Map<string, readonly Period[]>();
  for (const model of file.filter(({ id }) => id === provider).flatMap(({ models }) => models)) {
    const periods = periodsOf(`${book} ${provider}/${model.id}`, model);
    // Two models of one name are two opinions: neither can be taken.
    for (const name of namesOf(model)) models.set(name, models.has(name) ? [] : periods);
  }
  for (const [snapshot, name] of SNAPSHOTS.get(provider) ?? []) {
    const periods = models.get(name);
    if (periods !== undefined && !models.has(snapshot)) models.set(snapshot, periods);
  }
  return models;
}

function namesOf(model: FileModel): ReadonlySet<string> {
  return new Set([model.id, ...spelt(model.match)]);
}

/** Never by prefix, suffix, part, pattern or lower case, as the file's other clauses would have it. */
function spelt(clause: Clause): readonly string[] {
  return clause.equals === undefined ? (clause.or ?? []).flatMap(spelt) : [clause.equals];
}

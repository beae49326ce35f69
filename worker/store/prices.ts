// Prices as a team has them: the book, its admins' rules, and the price of a message by both. Kept in memory between changes.
import type { AssistantMessage, Tokens } from '../../plugin/contract.ts';
import { bookOf, type Book, type ModelName } from '../ledger/book.ts';
import type { BookFile } from '../ledger/book-file.ts';
import { BUNDLED_BOOK, bundledBook } from '../ledger/bundled-book.ts';
import type { NanoUsd } from '../ledger/money.ts';
import { hourOf } from '../ledger/rollup.ts';
import { nearest } from '../ledger/nearest.ts';
import { ruleOf, type Rule, type ToldRule } from '../ledger/price-rule.ts';
import { isPlan, priceOf, type PriceRules } from '../ledger/price-rules.ts';
import { listCost, type Price } from '../ledger/price.ts';
import type { Database } from './database.ts';

export interface RuleRow {
  readonly id: string;
  readonly rule: Rule;
  /** The token that made it. */
  readonly by: string;
  readonly created: number;
}

interface Pricing {
  readonly rules: PriceRules;
  readonly book: Book;
  readonly bookName: string;
}

const known = new WeakMap<Database, Pricing>();

function pricingOf(db: Database): Pricing {
  const held = known.get(db);
  if (held !== undefined) return held;
  const rules = listRules(db);
  const parts = db.sql
    .exec<{ name: string; text: string }>(/* sql */ `SELECT name, text
                   FROM price_current
                   JOIN price_book ON price_book.name = price_current.book
                  ORDER BY part`)
    .toArray();
  const name = parts[0]?.name ?? BUNDLED_BOOK;
  const pricing: Pricing = {
    rules: {
      overrides: rules.flatMap(({ id, rule }) => (rule.kind === 'override' ? [{ ...rule, id }] : [])),
      aliases: rules.flatMap(({ rule }) => (rule.kind === 'alias' ? [rule] : [])),
      plans: rules.flatMap(({ rule }) => (rule.kind === 'plan' ? [rule] : [])),
    },
    book:
      parts.length === 0 ? bundledBook : bookOf(name, JSON.parse(parts.map(({ text }) => text).join('')) as BookFile),
    bookName: name,
  };
  known.set(db, pricing);
  return pricing;
}

export interface ListPrice {
  /** Null where no price is known, or where it comes to more than a message may cost. */
  readonly list: NanoUsd | null;
  /** The number of the price's name. */
  readonly price: number | null;
  readonly isPlan: boolean;
}

type Asked = Pick<AssistantMessage, 'provider' | 'model'> & { readonly at: number; readonly tokens: Tokens };

export function listPrice(db: Database, asked: Asked): ListPrice {
  const { rules, book } = pricingOf(db);
  const price = priceOf(rules, asked, book);
  const list = price && listCost(price.units, asked.tokens);
  const covered = isPlan(rules, asked);
  if (price === null || list === null || list > db.maxUsd * 1e9) return { list: null, price: null, isPlan: covered };
  return { list, price: priceId(db, price.name), isPlan: covered };
}

function priceId({ sql, intern }: Database, name: string): number {
  return intern(`price:${name}`, () => {
    sql.exec(/* sql */ `INSERT INTO price (name) VALUES (?) ON CONFLICT DO NOTHING`, name);
    return sql.exec<{ id: number }>(/* sql */ `SELECT id FROM price WHERE name = ?`, name).one().id;
  });
}

/** The price of a small request. */
export function priceNow(db: Database, name: { provider: string; model: string }, at: number): Price | null {
  const { rules, book } = pricingOf(db);
  const tokens = { input: 0, output: 0, reasoning: 0, cache_read: 0, cache_write: 0 };
  return priceOf(rules, { ...name, at, tokens }, book);
}

/** What is wrong with the model that an alias leads to; null where the book has it, at whatever time. */
export function aliasFault(db: Database, { provider, model }: ModelName): string | null {
  const { book, bookName } = pricingOf(db);
  const models = book.models(provider);
  if (models.length === 0)
    return `as.provider: ${bookName} has no ${provider}: did you mean ${nearest(provider, book.providers).join(', ')}?`;
  if (models.includes(model)) return null;
  return `as.model: ${bookName} has no ${provider}/${model}: did you mean ${nearest(model, models).join(', ')}?`;
}

export function bookName(db: Database): string {
  return pricingOf(db).bookName;
}

export function listRules({ sql }: Database): RuleRow[] {
  return sql
    .exec<{ id: string; rule: string; made_by: string; created: number }>(
      /* sql */ `SELECT * FROM price_rule ORDER BY created, id`,
    )
    .toArray()
    .map(({ id, rule, made_by: by, created }) => ({ id, rule: JSON.parse(rule) as Rule, by, created }));
}

/** Whether there is a rule on the same matter already. */
export function isRuled(db: Database, rule: Rule): boolean {
  return listRules(db).some((held) => isSameMatter(held.rule, rule));
}

function isSameMatter(a: Rule, b: Rule): boolean {
  if (a.kind !== b.kind || a.provider !== b.provider || a.model !== b.model) return false;
  return a.kind !== 'override' || b.kind !== 'override' || a.from === b.from;
}

/** What the log says when an admin changes prices. */
export type PricesChanged =
  | { readonly by: string; readonly added: ToldRule & { readonly id: string } }
  | { readonly by: string; readonly removed: ToldRule & { readonly id: string } }
  | { readonly by: string; readonly book: string | null };

/** Prices are a fold: they change by what the log says of them, and in no other way. */
export function applyPrices(db: Database, { at, data }: { readonly at: number; readonly data: object }): void {
  const change = data as PricesChanged;
  if ('added' in change) {
    const { id, ...told } = change.added;
    db.sql.exec(
      /* sql */ `INSERT OR REPLACE INTO price_rule VALUES (?, ?, ?, ?)`,
      id,
      JSON.stringify(ruleOf(told)),
      change.by,
      at,
    );
  } else if ('removed' in change) {
    db.sql.exec(/* sql */ `DELETE FROM price_rule WHERE id = ?`, change.removed.id);
  } else {
    db.sql.exec(/* sql */ `DELETE FROM price_current`);
    if (change.book !== null) db.sql.exec(/* sql */ `INSERT INTO price_current VALUES (?)`, change.book);
  }
  forgetPrices(db);
}

/** After the tables were changed by somebody else. */
export function forgetPrices(db: Database): void {
  known.delete(db);
}

/** A row holds two megabytes and a character is up to three bytes. */
const PART = 600_000;

/** Keeps a book under its name, for good: entries and the log name it. */
export function keepBook({ sql }: Database, { name, text }: { readonly name: string; readonly text: string }): void {
  for (let at = 0; at < text.length; at += PART) {
    const part = text.slice(at, at + PART);
    sql.exec(/* sql */ `INSERT OR IGNORE INTO price_book VALUES (?, ?, ?)`, name, at, part);
  }
}

export type ModelRow = {
  provider: string;
  model: string;
  messages: number;
  unpriced: number;
  unlisted: number;
  cost: string;
  list: string;
};

/** The models that were used since the hour of a moment, the most used first. */
export function listModels({ sql }: Database, since: number): ModelRow[] {
  return sql
    .exec<ModelRow>(
      /* sql */ `SELECT provider, model,
                        sum(messages) AS messages,
                        sum(unpriced) AS unpriced,
                        sum(unlisted) AS unlisted,
                        CAST(sum(cost) AS TEXT) AS cost,
                        CAST(sum(list) AS TEXT) AS list
                   FROM rollup_hour
                   JOIN dimension ON dimension.id = rollup_hour.dimension
                  WHERE bucket >= ?
                  GROUP BY provider, model
                 HAVING sum(messages) > 0
                  ORDER BY sum(messages) DESC, provider, model`,
      hourOf(since),
    )
    .toArray();
}

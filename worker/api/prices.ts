// GET /v1/prices and below: what the tokens of each model cost, and the admins' rules about it.
import type { Context } from 'hono';
import * as v from 'valibot';

import { randomBytes } from '../access/random.ts';
import { base32 } from '../access/token.ts';
import { instant, name } from '../event/schema.ts';
import { parseBookFile } from '../ledger/book-file.ts';
import { formatKnown } from '../ledger/money.ts';
import { BOOK_PROVIDERS } from '../ledger/names.ts';
import { MAX_USD_PER_MILLION, picoUsd } from '../ledger/price.ts';
import { tellRule, tellUnits, type Rule } from '../ledger/price-rule.ts';
import type { RuleRow } from '../store/prices.ts';
import { readForm, readJson } from './body.ts';
import type { Api } from './context.ts';
import { problem, refuse } from './problem.ts';
import { moment, readQuery, text } from './query.ts';
import { answer, ask, iso } from './team.ts';

const MONTH_MS = 30 * 24 * 3_600_000;
const MAX_BOOK_BYTES = 8_000_000;

/** The models used since `from` (default 30 days ago), each with the price that holds now for a small request. */
export async function getPrices(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, { from: moment });
  if (!query.ok) return problem(c, query.error);
  const list = await ask(c, 'prices', query.value.from ?? Date.now() - MONTH_MS);
  return answer(c, list, ({ book, models }) =>
    c.json({
      book,
      models: models.map(({ provider, model, messages, unpriced, unlisted, cost, list, price }) => ({
        provider,
        model,
        messages,
        unpriced_messages: unpriced,
        unlisted_messages: unlisted,
        cost_usd: formatKnown(cost, unpriced),
        list_usd: formatKnown(list, unlisted),
        price: price && { name: price.name, usd_per_million: tellUnits(price.units) },
      })),
    }),
  );
}

const USD = `must be a decimal string in US dollars for a million tokens, at most ${MAX_USD_PER_MILLION}`;
const usdPerMillion = v.pipe(
  v.string(USD),
  v.regex(/^\d{1,4}(\.\d{1,6})?$/, USD),
  v.transform(Number),
  v.maxValue(MAX_USD_PER_MILLION, USD),
  v.transform(picoUsd),
);
const part = v.optional(v.nullable(usdPerMillion), null);

const ruleForm = v.variant(
  'kind',
  [
    v.strictObject({
      kind: v.literal('override'),
      provider: name,
      model: name,
      from: v.pipe(instant, v.transform(Date.parse)),
      usd_per_million: v.strictObject({
        input: usdPerMillion,
        output: usdPerMillion,
        reasoning: part,
        cache_read: part,
        cache_write: part,
      }),
    }),
    v.strictObject({
      kind: v.literal('alias'),
      provider: name,
      model: name,
      as: v.strictObject({ provider: name, model: name }),
    }),
    v.strictObject({ kind: v.literal('plan'), provider: name, model: v.optional(v.nullable(name), null) }),
  ],
  'must be override, alias or plan',
);

export async function getRules(c: Context<Api>): Promise<Response> {
  return answer(c, await ask(c, 'rules'), (rows) => c.json({ rules: rows.map(showRule) }));
}

/** A rule holds for what is charged from now on; `POST /v1/prices/reprice` applies it to what was charged before. */
export async function postRule(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, ruleForm);
  if (!form.ok) return problem(c, form.error);
  const given = form.value;
  const rule: Rule =
    given.kind === 'override'
      ? {
          kind: given.kind,
          provider: given.provider,
          model: given.model,
          from: given.from,
          prices: given.usd_per_million,
        }
      : given;
  const id = `pr_${base32(randomBytes(10))}`;
  return answer(c, await ask(c, 'addRule', id, rule), (row) => c.json(showRule(row), 201));
}

export async function deleteRule(c: Context<Api>): Promise<Response> {
  return answer(c, await ask(c, 'removeRule', c.req.param('id') ?? ''), () => c.body(null, 204));
}

/** Takes the file that the genai-prices project publishes, as it is. `name` tells it from others, in every entry it prices. */
export async function putBook(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, { name: text });
  if (!query.ok) return problem(c, query.error);
  const named = v.safeParse(name, query.value.name);
  if (!named.success) return problem(c, refuse('query-malformed', 'name: give one, such as "genai-prices 2026-11-20"'));
  const body = await readJson(c, MAX_BOOK_BYTES);
  if (!body.ok) return problem(c, body.error);
  const file = parseBookFile(body.value);
  if (!file.ok) return problem(c, refuse('body-malformed', file.error));
  const used = new Set(BOOK_PROVIDERS.values());
  const kept = JSON.stringify(file.value.filter(({ id }) => used.has(id)));
  // Its name is frozen into entries: two files of one name must not be one name.
  const book = `${named.output} #${await fingerprint(kept)}`;
  return answer(c, await ask(c, 'setBook', { name: book, text: kept }), () => c.json({ book }));
}

async function fingerprint(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return base32(bytes.subarray(0, 5));
}

/** Back to the book that the release carries. */
export async function deleteBook(c: Context<Api>): Promise<Response> {
  return answer(c, await ask(c, 'setBook', null), () => c.body(null, 204));
}

function showRule({ id, rule, by, created }: RuleRow) {
  return { id, ...tellRule(rule), made_by: by, created_at: iso(created) };
}

// The budgets of a team: make, show, change. Each is shown with where it stands in its running period.
import type { Context } from 'hono';
import * as v from 'valibot';

import { randomBytes } from '../access/random.ts';
import { base32 } from '../access/token.ts';
import { ACTIONS, BUDGET_PERIODS, percentOf, SCOPES } from '../budget/budget.ts';
import { FORECAST } from '../budget/crossing.ts';
import { forecastUsd } from '../budget/notice.ts';
import { NEEDED_DAYS } from '../budget/forecast.ts';
import { name } from '../event/schema.ts';
import { formatUsd, parseAmount } from '../ledger/money.ts';
import type { BudgetState } from '../store/standings.ts';
import { givenOf, readForm } from './body.ts';
import type { Api } from './context.ts';
import { problem } from './problem.ts';
import { answer, ask, iso } from './team.ts';

const USD = 'must be a decimal string in US dollars such as "250", to nine places';
const MAX_LIMIT_USD = 1_000_000_000;
const limit = v.pipe(
  v.string(USD),
  v.regex(/^\d{1,20}(\.\d{1,9})?$/, USD),
  v.transform((text) => parseAmount(text) ?? 0n),
  v.check((nano) => nano > 0n, 'must be more than nothing'),
  v.check((nano) => nano <= BigInt(MAX_LIMIT_USD) * 1_000_000_000n, `must be at most ${MAX_LIMIT_USD} dollars`),
);

const MAX_PERCENT = 1_000;
const PERCENT = `must be a whole number of per cent from 1 to ${MAX_PERCENT}`;
const thresholds = v.pipe(
  v.array(v.pipe(v.number(PERCENT), v.integer(PERCENT), v.minValue(1, PERCENT), v.maxValue(MAX_PERCENT, PERCENT))),
  v.minLength(1, 'must hold a threshold'),
  v.maxLength(20, 'must hold at most 20 thresholds'),
  v.transform((given) => [...new Set(given)].toSorted((a, b) => a - b)),
);
const action = v.picklist(ACTIONS, `must be one of ${ACTIONS.join(', ')}`);

const newBudget = v.strictObject({
  name: v.optional(name),
  scope: v.optional(
    v.nullable(v.strictObject({ by: v.picklist(SCOPES, `must be one of ${SCOPES.join(', ')}`), value: name })),
    null,
  ),
  period: v.picklist(BUDGET_PERIODS, `must be one of ${BUDGET_PERIODS.join(', ')}`),
  limit_usd: limit,
  thresholds: v.optional(thresholds, [50, 75, 90, 100]),
  action: v.optional(action, 'none'),
});

const changedBudget = v.partial(v.strictObject({ name, limit_usd: limit, thresholds, action }));

export async function postBudget(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, newBudget);
  if (!form.ok) return problem(c, form.error);
  const { limit_usd, ...given } = form.value;
  const called = given.name ?? `${given.scope?.value ?? 'team'}, ${given.period}`;
  const draft = { ...given, name: called.slice(0, 256), id: `bud_${base32(randomBytes(10))}`, limit: limit_usd };
  return showOne(c, await ask(c, 'addBudget', draft), 201);
}

export async function getBudgets(c: Context<Api>): Promise<Response> {
  return answer(c, await ask(c, 'budgets'), (all) => c.json({ budgets: all.map(showBudget) }));
}

export async function getBudget(c: Context<Api>): Promise<Response> {
  return showOne(c, await ask(c, 'budget', idOf(c)), 200);
}

export async function patchBudget(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, changedBudget);
  if (!form.ok) return problem(c, form.error);
  const { limit_usd, ...given } = givenOf(form.value);
  const change = limit_usd === undefined ? given : { ...given, limit: limit_usd };
  return showOne(c, await ask(c, 'changeBudget', idOf(c), change), 200);
}

export async function deleteBudget(c: Context<Api>): Promise<Response> {
  return answer(c, await ask(c, 'removeBudget', idOf(c)), () => c.body(null, 204));
}

function showOne(c: Context<Api>, found: Parameters<typeof answer<BudgetState>>[1], status: 200 | 201): Response {
  return answer(c, found, (state) => c.json({ budget: showBudget(state) }, status));
}

function showBudget({ budget, period, spent, unpriced, forecast, said }: BudgetState) {
  const { id, name, scope, limit, thresholds, action, created } = budget;
  return {
    id,
    name,
    scope,
    period: budget.period,
    limit_usd: formatUsd(limit),
    thresholds,
    action,
    created_at: iso(created),
    state: {
      from: iso(period.start),
      to: iso(period.end),
      spent_usd: formatUsd(spent),
      percent: percentOf(spent, limit),
      /** Their cost is not known and not in what was spent. */
      unpriced_messages: unpriced,
      forecast_usd: forecastUsd(forecast),
      forecast_reason: forecast.kind === 'known' ? null : tooEarly(forecast.days),
      fired: said.filter((mark) => mark !== FORECAST),
      forecast_fired: said.includes(FORECAST),
    },
  };
}

function tooEarly(days: number): string {
  return `a forecast needs ${NEEDED_DAYS} days since the first spend of the last four weeks, and it is ${days}`;
}

function idOf(c: Context<Api>): string {
  return c.req.param('id') ?? '';
}

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { batch, message } from './builders.ts';
import type { Reply, TestTeam } from './harness.ts';
import { arrivals, history } from './history.ts';
import { toNano } from './oracle.ts';
import { reprice } from './reprice.ts';
import { useRelay } from './setup.ts';

const relay = useRelay();

const RANGE = 'from=2026-11-20&to=2026-11-21';
const SONNET = { provider: 'anthropic', model: 'claude-sonnet-4-5' };
const NOBODY = { provider: 'acme', model: 'm1' };
const TOKENS = { input: 1_000, output: 500, reasoning: 200, cache_read: 10_000, cache_write: 2_000 };
/** At 3, 15, 15, 0.3 and 3.75 dollars a million. */
const SONNET_COST = '0.024';

async function send(team: TestTeam, ...events: ReturnType<typeof message>[]): Promise<void> {
  const { status, body } = await team.call('POST', '/v1/events', batch(events));
  expect([status, body.rejected]).toEqual([202, []]);
}

async function totalOf(team: TestTeam, query = ''): Promise<Reply['body']> {
  return (await team.call('GET', `/v1/usage?${RANGE}${query}`)).body.total;
}

function free(seq: number, of: { provider: string; model: string }) {
  return message(seq, { ...of, cost_usd: '0', tokens: TOKENS });
}

async function addRule(team: TestTeam, rule: object): Promise<Reply> {
  return team.call('POST', '/v1/prices/rules', rule);
}

const prices = { input: '1', output: '2' };
const override = { kind: 'override', ...NOBODY, from: '2026-01-01T00:00:00Z', usd_per_million: prices };
/** 13,000 of input and cache at 1 dollar, 700 of output at 2. */
const OVERRIDDEN = '0.0144';

test('what OpenCode reports at nothing is charged at the list price, on that basis and under the name of the price', async () => {
  const team = await relay.team();
  await send(team, free(1, SONNET), message(2, { ...SONNET, cost_usd: '1', tokens: TOKENS }));
  expect(await totalOf(team)).toMatchObject({
    messages: 2,
    unpriced_messages: 0,
    cost_usd: '1.024',
    reported_usd: '1',
    list_usd: '0.048',
  });
  const { body } = await team.call('GET', '/v1/sessions/ses_1');
  expect(body.entries).toMatchObject([
    { basis: 'list', cost_usd: SONNET_COST, reported_usd: '0', list_usd: SONNET_COST },
    { basis: 'reported', cost_usd: '1', reported_usd: '1', list_usd: SONNET_COST },
  ]);
  expect(body.entries[0].price).toMatch(/^genai-prices [\d.]+ anthropic\/claude-sonnet-4-5/);
  const byBasis = await team.call('GET', `/v1/usage?${RANGE}&group_by=basis`);
  expect(byBasis.body.rows.map(({ basis, cost_usd }: Reply['body']) => [basis, cost_usd])).toEqual([
    ['reported', '1'],
    ['list', SONNET_COST],
  ]);
});

test('a model without a known price is listed by name and never taken for free', async () => {
  const team = await relay.team();
  await send(team, free(1, NOBODY), message(2, { ...NOBODY, cost_usd: '0.5' }));
  expect(await totalOf(team)).toMatchObject({ messages: 2, unpriced_messages: 1, cost_usd: '0.5', list_usd: null });
  const { body } = await team.call('GET', '/v1/prices?from=2026-11-01');
  expect(body.models).toMatchObject([
    { ...NOBODY, messages: 2, unpriced_messages: 1, unlisted_messages: 2, price: null },
  ]);
});

test('a rule holds from now on; repricing applies it to what was charged before, and says so in the log', async () => {
  const team = await relay.team();
  await send(team, free(1, NOBODY));
  const { status, body: rule } = await addRule(team, override);
  expect([status, rule]).toMatchObject([201, { kind: 'override', usd_per_million: { input: '1', reasoning: null } }]);
  await send(team, free(2, NOBODY));
  expect(await totalOf(team)).toMatchObject({ unpriced_messages: 1, cost_usd: OVERRIDDEN });

  const order = { from: '2026-11-20T00:00:00Z', to: '2026-11-21T00:00:00Z' };
  const dry = await team.call('POST', '/v1/prices/reprice', { ...order, dry_run: true });
  const report = { messages: 2, changed: 1, before_usd: OVERRIDDEN, after_usd: '0.0288' };
  expect(dry.body).toMatchObject({ ...report, dry_run: true });
  expect(await totalOf(team)).toMatchObject({ unpriced_messages: 1, cost_usd: OVERRIDDEN });

  expect(await reprice(team, order)).toMatchObject(report);
  expect(await totalOf(team)).toMatchObject({ messages: 2, unpriced_messages: 0, cost_usd: '0.0288' });
  expect((await team.call('GET', '/v1/sessions/ses_1')).body).toMatchObject({
    cost_usd: '0.0288',
    unpriced_messages: 0,
  });
  expect((await reprice(team, order)).changed).toBe(0);

  const { body: log } = await team.call('GET', '/v1/events?type=ledger.*,prices.*');
  expect(log.events.map(({ type }: Reply['body']) => type)).toEqual([
    'prices.changed',
    'ledger.repricing',
    'ledger.repriced',
    'ledger.repricing',
    'ledger.repriced',
  ]);
  expect(log.events[2].data).toMatchObject(report);
});

test.each([
  ['an override that is replaced', { ...override, usd_per_million: { input: '9', output: '9' } }, '0'],
  ['a plan that comes to cover it', { kind: 'plan', ...NOBODY }, '0'],
  ['a plan, of what OpenCode had a figure for', { kind: 'plan', ...NOBODY }, '1'],
])('what is charged is charged, whatever is said of it again: %s', async (_, rule, cost_usd) => {
  const team = await relay.team();
  const { body } = await addRule(team, override);
  const report = { ...NOBODY, message: 'msg_1', cost_usd, tokens: TOKENS };
  await send(team, message(1, { ...report, completed_at: null }));
  const before = await totalOf(team);
  expect(before).toMatchObject({ cost_usd: cost_usd === '0' ? OVERRIDDEN : '1', list_usd: OVERRIDDEN });
  await team.call('DELETE', `/v1/prices/rules/${body.id}`);
  expect((await addRule(team, rule)).status).toBe(201);
  await send(team, message(2, report));
  await send(team, message(3, { ...report, agent: 'plan' }));
  expect(await totalOf(team)).toEqual(before);
  const byBasis = await team.call('GET', `/v1/usage?${RANGE}&group_by=basis,agent`);
  expect(byBasis.body.rows).toMatchObject([{ basis: cost_usd === '0' ? 'list' : 'reported', agent: 'plan' }]);
  await team.rebuild();
  expect(await totalOf(team)).toEqual(before);
});

test('what was used anew is charged at the price of now', async () => {
  const team = await relay.team();
  await send(team, message(1, { ...NOBODY, message: 'msg_1', cost_usd: '0', tokens: TOKENS }));
  await addRule(team, override);
  await send(team, message(2, { ...NOBODY, message: 'msg_1', cost_usd: '0', tokens: TOKENS }));
  expect(await totalOf(team)).toMatchObject({ unpriced_messages: 1, cost_usd: null });
  await send(team, message(3, { ...NOBODY, message: 'msg_1', cost_usd: '0', tokens: { ...TOKENS, output: 501 } }));
  expect(await totalOf(team)).toMatchObject({ unpriced_messages: 0, cost_usd: '0.014402' });
  await send(team, message(4, { ...SONNET, message: 'msg_1', cost_usd: '0', tokens: { ...TOKENS, output: 501 } }));
  expect(await totalOf(team)).toMatchObject({ cost_usd: '0.024015' });
});

test('the log tells of a rule in the words of the API, and is read back as it was, the words of before too', async () => {
  const team = await relay.team();
  const given = { ...override, usd_per_million: { input: '1.234567', output: '2', cache_read: '0' } };
  const { body: rule } = await addRule(team, given);
  const { id, made_by: by, kind, provider, model, from, usd_per_million } = rule;
  const terms = { kind, provider, model, from, usd_per_million };
  expect(await rulesOf(team)).toEqual([rule]);
  const { body: alias } = await addRule(team, { kind: 'alias', ...NOBODY, as: SONNET });
  await addRule(team, { kind: 'plan', provider: 'openai' });
  await team.call('DELETE', `/v1/prices/rules/${alias.id}`);
  const { body: log } = await team.call('GET', '/v1/events?type=prices.*');
  expect(log.events.map(({ data }: Reply['body']) => data)).toEqual([
    { by, added: { id, ...terms } },
    { by, added: { id: alias.id, kind: 'alias', ...NOBODY, as: SONNET } },
    { by, added: { id: expect.any(String), kind: 'plan', provider: 'openai', model: null } },
    { by, removed: { id: alias.id, kind: 'alias', ...NOBODY, as: SONNET } },
  ]);
  expect(terms).toMatchObject({
    from: '2026-01-01T00:00:00.000Z',
    usd_per_million: { input: '1.234567', reasoning: null },
  });
  const before = await rulesOf(team);
  const [{ events } = {}] = await team.query('SELECT events FROM log ORDER BY last LIMIT 1');
  const [said] = JSON.parse(String(events));
  const units = { input: 1_234_567, output: 2_000_000, reasoning: null, cache_read: 0, cache_write: null };
  const old = { id, kind: 'override', ...NOBODY, from: Date.parse('2026-01-01'), prices: units };
  const text = JSON.stringify([{ ...said, data: { by, added: old } }]);
  await team.query(`UPDATE log SET events = '${text}' WHERE last = (SELECT min(last) FROM log)`);
  await team.rebuild();
  expect(await rulesOf(team)).toEqual(before);
});

async function rulesOf(team: TestTeam): Promise<Reply['body'][]> {
  return (await team.call('GET', '/v1/prices/rules')).body.rules;
}

test('an alias to what the book does not have is refused, with the names that come near', async () => {
  const team = await relay.team();
  const alias = (as: object) => addRule(team, { kind: 'alias', ...NOBODY, as });
  const near = await alias({ provider: 'anthropic', model: 'claude-sonet-4-5' });
  expect([near.status, near.body.detail]).toEqual([400, expect.stringMatching(/^as\.model: .*claude-sonnet-4-5/)]);
  const nobody = await alias({ provider: 'antropic', model: 'claude-sonnet-4-5' });
  expect([nobody.status, nobody.body.detail]).toEqual([400, expect.stringMatching(/^as\.provider: .*anthropic/)]);
  expect(await rulesOf(team)).toEqual([]);
});

test('an alias leads to the price of another model, a plan makes it notional, and a deleted rule is gone', async () => {
  const team = await relay.team();
  expect((await addRule(team, { kind: 'alias', ...NOBODY, as: SONNET })).status).toBe(201);
  const plan = await addRule(team, { kind: 'plan', provider: 'openai' });
  await send(team, free(1, NOBODY), message(2, { provider: 'openai', model: 'gpt-5', cost_usd: '3', tokens: TOKENS }));
  const total = await totalOf(team);
  expect(total).toMatchObject({ cost_usd: SONNET_COST, reported_usd: '3', unpriced_messages: 0 });
  expect(toNano(total.list_usd)).toBeGreaterThan(toNano(SONNET_COST));
  expect(await totalOf(team, '&basis=plan')).toMatchObject({ messages: 1, cost_usd: '0' });

  expect((await team.call('DELETE', `/v1/prices/rules/${plan.body.id}`)).status).toBe(204);
  expect((await team.call('DELETE', `/v1/prices/rules/${plan.body.id}`)).status).toBe(404);
  expect((await team.call('GET', '/v1/prices/rules')).body.rules).toMatchObject([{ kind: 'alias', as: SONNET }]);
});

test('a newer book takes the place of the bundled one, until it is taken back', async () => {
  const team = await relay.team();
  const model = {
    id: 'claude-sonnet-4-5',
    match: { equals: 'claude-sonnet-4-5' },
    prices: { input_mtok: 1, output_mtok: 1 },
  };
  const put = (file: unknown, name = 'ours 2026-11') =>
    team.call('PUT', `/v1/prices/book?name=${encodeURIComponent(name)}`, file);
  expect((await put([{ id: 'anthropic', models: [model] }])).status).toBe(200);
  await send(team, free(1, SONNET));
  expect(await totalOf(team)).toMatchObject({ cost_usd: '0.0137' });
  expect((await team.call('GET', '/v1/prices?from=2026-11-01')).body).toMatchObject({
    book: expect.stringMatching(/^ours 2026-11 #[a-z2-7]{8}$/),
    models: [{ price: { usd_per_million: { input: '1', cache_read: '1' } } }],
  });
  const bad = await put([{ id: 'anthropic', models: [{ ...model, prices: { input_mtok: -1 } }] }]);
  expect([bad.status, bad.body.detail]).toEqual([400, expect.stringContaining('input_mtok')]);
  expect((await put([], '')).status).toBe(400);
  expect((await team.call('DELETE', '/v1/prices/book')).status).toBe(204);
  expect((await team.call('GET', '/v1/prices')).body.book).toMatch(/^genai-prices/);
});

test.each([
  [
    { kind: 'override', ...NOBODY, from: '2026-01-01T00:00:00Z', usd_per_million: { input: '-1', output: '1' } },
    'input',
  ],
  [
    { kind: 'override', ...NOBODY, from: '2026-01-01T00:00:00Z', usd_per_million: { input: '1001', output: '1' } },
    'input',
  ],
  [{ kind: 'override', ...NOBODY, from: '2026-01-01', usd_per_million: prices }, 'from'],
  [{ kind: 'override', ...NOBODY, usd_per_million: prices }, 'from: is missing'],
  [{ kind: 'alias', ...NOBODY }, 'as: is missing'],
  [{ kind: 'guess', ...NOBODY }, 'kind'],
])('%j is no rule', async (rule, detail) => {
  const team = await relay.team();
  const { status, body } = await addRule(team, rule);
  expect([status, body.detail]).toEqual([400, expect.stringContaining(detail)]);
});

test('a second rule on the same is refused, so that a name never means two prices', async () => {
  const team = await relay.team();
  const first = await addRule(team, override);
  expect((await addRule(team, { ...override, usd_per_million: { input: '9', output: '9' } })).status).toBe(409);
  expect((await addRule(team, { ...override, from: '2026-02-01T00:00:00Z' })).status).toBe(201);
  expect(first.body.id).toMatch(/^pr_/);
});

test('repriced is what it would have been, had the rules stood before', async () => {
  const rules = [
    { ...override, provider: 'anthropic', model: 'model-0' },
    { kind: 'plan', provider: 'anthropic', model: 'model-1' },
  ];
  const views = ['', '&group_by=basis,model', '&group_by=state', '&group_by=member&step=day'];
  const order = { from: '2026-01-01T00:00:00Z' };
  const stateOf = async (team: TestTeam) => {
    const wide = 'from=2026-11-17&to=2026-11-30';
    const usage = await Promise.all(views.map((view) => team.call('GET', `/v1/usage?${wide}${view}`)));
    const { body } = await team.call('GET', '/v1/sessions?limit=1000');
    // A change of a period that has closed is a correction of it, and a session repriced was not heard of again.
    return JSON.stringify([usage.map((reply) => reply.body), body.sessions]).replaceAll(/"late_usd":"[\d.]+"/g, '');
  };
  await fc.assert(
    fc.asyncProperty(history.chain(arrivals), async (batches) => {
      const [before, after] = [await relay.team(), await relay.team()];
      for (const rule of rules) await addRule(before, rule);
      for (const team of [before, after]) for (const one of batches) await team.call('POST', '/v1/events', one);
      for (const rule of rules) await addRule(after, rule);
      await reprice(after, order);
      expect(await stateOf(after)).toEqual(await stateOf(before));
    }),
    { numRuns: 10 },
  );
});

import { describe, expect, test } from 'vitest';

import { call } from './harness.ts';
import { useRelay } from './setup.ts';
import { addBudget, atNoon, CHECK, DAY, said, spend, type Spend } from './spend.ts';

const relay = useRelay();

describe('/v1/budgets', () => {
  test('makes, lists, changes and deletes', async () => {
    const team = await relay.team();
    const { id, ...made } = await addBudget(team, {});
    expect(made).toMatchObject({
      name: 'team, month',
      thresholds: [50, 75, 90, 100],
      action: 'none',
      limit_usd: '100',
    });
    const changed = await team.call('PATCH', `/v1/budgets/${id}`, { name: 'All', thresholds: [100, 20, 20] });
    expect(changed.body.budget).toMatchObject({ name: 'All', thresholds: [20, 100], limit_usd: '100' });
    expect((await team.call('GET', '/v1/budgets')).body.budgets).toEqual([changed.body.budget]);
    expect((await team.call('DELETE', `/v1/budgets/${id}`)).status).toBe(204);
    expect((await team.call('GET', '/v1/budgets')).body.budgets).toEqual([]);
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const gone = await team.call(method, `/v1/budgets/${id}`, method === 'PATCH' ? {} : undefined);
      expect(gone).toMatchObject({ status: 404, body: { detail: `there is no budget ${id}` } });
    }
  });

  test.each([
    [{ limit_usd: '0' }, 'limit_usd'],
    [{ limit_usd: '-1' }, 'limit_usd'],
    [{ limit_usd: 5 }, 'limit_usd'],
    [{ period: 'year' }, 'period'],
    [{ thresholds: [] }, 'thresholds'],
    [{ thresholds: [0] }, 'thresholds'],
    [{ thresholds: [50.5] }, 'thresholds'],
    [{ action: 'shout' }, 'action'],
    [{ action: 'stop', scope: { by: 'model', value: 'm' } }, 'action: '],
    [{ action: 'warn', scope: { by: 'agent', value: 'build' } }, 'action: '],
    [{ action: 'warn', scope: { by: 'provider', value: 'openai' } }, 'action: '],
    [{ limit_usd: '1000000000.000000001' }, 'at most 1000000000'],
    [{ limit_usd: '1.0000000001' }, 'limit_usd'],
    [{ scope: { by: 'branch', value: 'main' } }, 'scope.by'],
    [{ scope: { by: 'member' } }, 'scope.value'],
    [{ colour: 'red' }, 'colour'],
  ])('refuses %j by naming what is wrong', async (given, field) => {
    const team = await relay.team();
    const { status, body } = await team.call('POST', '/v1/budgets', { period: 'day', limit_usd: '1', ...given });
    expect([status, body.type]).toEqual([400, 'urn:gasline:problem:body-malformed']);
    expect(body.detail).toContain(field);
  });

  test('a budget by model cannot be made to act afterwards, but be told not to', async () => {
    const team = await relay.team();
    const { id } = await addBudget(team, { scope: { by: 'model', value: 'm' } });
    const { status, body } = await team.call('PATCH', `/v1/budgets/${id}`, { action: 'stop' });
    expect([status, body.detail]).toEqual([400, expect.stringContaining('action: must be none')]);
    expect((await team.call('PATCH', `/v1/budgets/${id}`, { action: 'none', name: 'M' })).status).toBe(200);
  });

  test('a limit is kept to the nano-dollar, past what a number holds', async () => {
    const team = await relay.team();
    for (const limit_usd of ['1000000', '999999999.999999999', '1000000000']) {
      const { id } = await addBudget(team, { limit_usd });
      expect((await team.call('GET', `/v1/budgets/${id}`)).body.budget).toMatchObject({ limit_usd });
    }
  });

  test('is for an admin to change and for a reader to see', async () => {
    const team = await relay.team();
    const { token } = (await team.call('POST', '/v1/tokens', { scope: 'read', name: 'reader' })).body;
    const asReader = (method: string, path: string, body?: unknown) => call(relay.relay.url, token, method, path, body);
    expect((await asReader('GET', '/v1/budgets')).status).toBe(200);
    expect((await asReader('POST', '/v1/budgets', { period: 'day', limit_usd: '1' })).status).toBe(403);
    expect((await asReader('PATCH', '/v1/team', { name: 'x' })).status).toBe(403);
  });
});

test.each([
  ['member', { by: 'member', value: 'ann@example.com' }, '4'],
  ['project by its id', { by: 'project', value: 'f00d' }, '5'],
  ['project by its name', { by: 'project', value: 'example.com/acme/app' }, '5'],
  ['model', { by: 'model', value: 'small' }, '2'],
  ['agent', { by: 'agent', value: 'plan' }, '3'],
  ['provider', { by: 'provider', value: 'openai' }, '2'],
  ['team', null, '7'],
])('a budget of a %s counts what is of it', async (_, scope, spent) => {
  const team = await relay.team();
  await spend(
    team,
    { usd: '1' },
    { usd: '3', agent: 'plan' },
    { usd: '1', source: { member: 'bob@example.com' } },
    { usd: '2', provider: 'openai', model: 'small', source: { member: 'eve@example.com', project: null } },
  );
  const { state } = await addBudget(team, { scope });
  expect(state.spent_usd).toBe(spent);
});

describe('a budget on one name of a project that has several', () => {
  const named = (name: string, id = 'app2') => ({ source: { member: name.slice(0, 3), project: { id, name } } });
  const [ACME, BOB] = [named('github.com/acme/app2'), named('github.com/bob/app2')];
  const scope = { by: 'project', value: 'github.com/acme/app2' };

  test('counts what was spent under the others, as usage by that name does, and tells them of it', async () => {
    const team = await relay.team();
    await addBudget(team, { limit_usd: '10', scope, action: 'warn' });
    await spend(team, { usd: '9', ...ACME }, { usd: '90', ...BOB }, { usd: '1', ...named('eve/app', 'other') });
    await team.advance(CHECK);
    const { body } = await team.call('GET', `/v1/usage?project=${scope.value}&from=2000-01-01`);
    expect(body.total.cost_usd).toBe('99');
    const [budget] = (await team.call('GET', '/v1/budgets')).body.budgets;
    expect(budget.state).toMatchObject({ spent_usd: '99' });
    expect((await said(team, 'budget.threshold')).map(({ threshold }) => threshold)).toEqual([50, 75, 90, 100]);
    expect((await spend(team, { usd: '0.01', ...BOB })).budgets).toMatchObject([{ scope, percent: 990 }]);
    expect(await spend(team, { usd: '0.01', ...named('eve/app', 'other') })).not.toHaveProperty('budgets');
  });

  test('counts what was spent under the others before that name was heard of', async () => {
    const team = await relay.team();
    await addBudget(team, { limit_usd: '10', scope, action: 'warn' });
    await spend(team, { usd: '5', ...BOB, at: Date.now() - DAY }, { usd: '6', ...BOB });
    await team.advance(CHECK);
    expect(await said(team, 'budget.threshold')).toEqual([]);
    await spend(team, { usd: '6', ...ACME });
    await team.advance(CHECK);
    expect((await spend(team, { usd: '0.01', ...BOB })).budgets).toMatchObject([{ scope, action: 'warn' }]);
  });
});

describe('a forecast', () => {
  const past = (days: number, usd: string): Spend[] =>
    Array.from({ length: days }, (_, at) => ({ usd, at: Date.now() - (at + 1) * DAY }));

  test('is made from two weeks of spend, and said once a period where it passes the limit', async () => {
    const team = await relay.team();
    await atNoon(team);
    await spend(team, ...past(13, '10'));
    const day = await addBudget(team, { period: 'day', limit_usd: '9' });
    expect(day.state).toMatchObject({ forecast_usd: null });
    expect(day.state.forecast_reason).toMatch(/needs 14 days .* it is 13/);
    await spend(team, { usd: '10', at: Date.now() - 14 * DAY });
    await team.advance(3_600_000 + CHECK);
    await spend(team, { usd: '0.5' });
    await team.advance(CHECK);
    const [event, ...more] = await said(team, 'budget.forecast');
    expect(more).toEqual([]);
    expect(event).toMatchObject({ budget: day.id, period: 'day', forecast_usd: '10', limit_usd: '9' });
    const roomy = await addBudget(team, { period: 'day', limit_usd: '11' });
    expect(roomy.state).toMatchObject({ forecast_usd: '10', forecast_reason: null, forecast_fired: false });
    await spend(team, { usd: '0.5' });
    await team.advance(3_600_000 + CHECK);
    expect(await said(team, 'budget.forecast')).toHaveLength(1);
    const changed = await team.call('PATCH', `/v1/budgets/${day.id}`, { limit_usd: '12' });
    expect(changed.body.budget.state.forecast_fired).toBe(false);
  });
});

describe('the receipt of a batch', () => {
  test('names the budgets that are used up and that the source is under, until they are not', async () => {
    const team = await relay.team();
    const warn = await addBudget(team, { name: 'all', limit_usd: '10', action: 'warn' });
    const ann = { by: 'member', value: 'ann@example.com' };
    await addBudget(team, { name: 'ann', limit_usd: '5', action: 'stop', scope: ann });
    await addBudget(team, { name: 'bob', limit_usd: '0.1', action: 'stop', scope: { by: 'member', value: 'bob' } });
    await addBudget(team, { name: 'quiet', limit_usd: '0.1' });
    expect(await spend(team, { usd: '6' })).not.toHaveProperty('budgets');
    await team.advance(CHECK);
    const receipt = await spend(team, { usd: '6' });
    expect(receipt.budgets).toEqual([
      {
        id: expect.stringMatching(/^bud_/),
        name: 'ann',
        action: 'stop',
        scope: ann,
        percent: 120,
        until: expect.any(String),
        message: 'Budget "ann" is at 120 % of its month: $6.00 of $5.00',
      },
    ]);
    await team.advance(CHECK);
    const elsewhere = { source: { member: 'eve' } };
    expect((await spend(team, { usd: '0.01', ...elsewhere })).budgets).toMatchObject([{ name: 'all', percent: 120 }]);
    await team.call('DELETE', `/v1/budgets/${warn.id}`);
    expect(await spend(team, { usd: '0.01', ...elsewhere })).not.toHaveProperty('budgets');
  });
});

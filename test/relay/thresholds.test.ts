import { rmSync } from 'node:fs';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { startRelay } from '../../worker/embedded/relay.ts';
import { until } from '../support/until.ts';
import { batch, idle } from './builders.ts';
import { addEndpoint } from './endpoint.ts';
import { call, startTestRelay, type TestTeam } from './harness.ts';
import { startReceiver } from './receiver.ts';
import { useRelay } from './setup.ts';
import { addBudget, atNoon, CHECK, DAY, said, spend, type Spend } from './spend.ts';
import { reprice } from './reprice.ts';

const relay = useRelay();

const thresholds = async (team: TestTeam) =>
  (await said(team, 'budget.threshold')).map(({ threshold }) => threshold as number);

async function stateOf(team: TestTeam, id: string) {
  return (await team.call('GET', `/v1/budgets/${id}`)).body.budget.state;
}

describe('a threshold', () => {
  test('is an event, once, soon after the spend and not before; endpoints get it like any other', async () => {
    const team = await relay.team();
    const receiver = await startReceiver();
    await addEndpoint(team, receiver.url, { events: ['budget.*'] });
    const { id } = await addBudget(team, { name: 'Team', limit_usd: '10' });
    await spend(team, { usd: '5' });
    expect(await said(team, 'budget.threshold')).toEqual([]);
    await team.advance(CHECK);
    const [event, ...more] = await said(team, 'budget.threshold');
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      budget: id,
      name: 'Team',
      scope: null,
      period: 'month',
      threshold: 50,
      limit_usd: '10',
      spent_usd: '5',
      percent: 50,
    });
    await spend(team, { usd: '0.1' });
    await team.advance(CHECK);
    await spend(team, { usd: '6' });
    await team.advance(CHECK);
    expect(await thresholds(team)).toEqual([50, 75, 90, 100]);
    await until('all of them at the receiver', () => receiver.deliveries.length === 4);
    expect(receiver.deliveries.map(({ event }) => event.data.threshold).toSorted((a, b) => a - b)).toEqual([
      50, 75, 90, 100,
    ]);
    expect(receiver.deliveries[0]?.event.source).toMatchObject({ id: 'gasline:relay', member: 'relay' });
    await receiver.close();
  });

  test('is looked for by the alarm itself, without anybody asking', async () => {
    const team = await relay.team();
    await addBudget(team, { limit_usd: '1', thresholds: [100] });
    await spend(team, { usd: '1' });
    await until('the alarm to say it', async () => (await thresholds(team)).length > 0, { everyMs: 250 });
    expect(await thresholds(team)).toEqual([100]);
  });

  test('that a budget made later has reached already is said at once', async () => {
    const team = await relay.team();
    await spend(team, { usd: '8' });
    const budget = await addBudget(team, { limit_usd: '10' });
    expect(budget.state).toMatchObject({ spent_usd: '8', percent: 80, fired: [50, 75] });
    expect(await thresholds(team)).toEqual([50, 75]);
  });

  test('that a higher limit no longer reaches is armed again, and nothing else is', async () => {
    const team = await relay.team();
    const { id } = await addBudget(team, { limit_usd: '10' });
    await spend(team, { usd: '10' });
    await team.advance(CHECK);
    const { body } = await team.call('PATCH', `/v1/budgets/${id}`, { limit_usd: '16' });
    expect(body.budget.state).toMatchObject({ percent: 62, fired: [50] });
    await spend(team, { usd: '2' });
    await team.advance(CHECK);
    expect(await thresholds(team)).toEqual([50, 75, 90, 100, 75]);
    await team.call('PATCH', `/v1/budgets/${id}`, { thresholds: [60, 75] });
    expect(await thresholds(team)).toEqual([50, 75, 90, 100, 75, 60]);
    expect(await stateOf(team, id)).toMatchObject({ fired: [50, 60, 75] });
  });

  test('is never reached by what has no price, is covered by a plan or is a copy', async () => {
    const team = await relay.team();
    expect((await team.call('POST', '/v1/prices/rules', { kind: 'plan', provider: 'flat' })).status).toBe(201);
    const { id } = await addBudget(team, { limit_usd: '0.000000001' });
    await spend(
      team,
      { usd: '0', provider: 'nobody', model: 'unheard-of' },
      { usd: '5', provider: 'flat' },
      { usd: '5', copied: true },
    );
    await team.advance(CHECK);
    expect(await thresholds(team)).toEqual([]);
    expect(await stateOf(team, id)).toMatchObject({ spent_usd: '0', percent: 0, unpriced_messages: 1 });
  });

  test('is reached by what a repricing has found to cost something', async () => {
    const team = await relay.team();
    await addBudget(team, { limit_usd: '0.001', thresholds: [100] });
    await spend(team, { usd: '0', provider: 'nobody', model: 'unheard-of' });
    await team.advance(CHECK);
    const named = { kind: 'override', provider: 'nobody', model: 'unheard-of', from: '2026-01-01T00:00:00Z' };
    const rule = { ...named, usd_per_million: { input: '10', output: '10' } };
    expect((await team.call('POST', '/v1/prices/rules', rule)).status).toBe(201);
    expect(await thresholds(team)).toEqual([]);
    const from = new Date(Date.now() - DAY).toISOString();
    expect(await reprice(team, { from })).toMatchObject({ changed: 1 });
    await team.advance(CHECK);
    expect(await thresholds(team)).toEqual([100]);
  });

  test('begins anew with each period, and what comes late for the one before still counts there', async () => {
    const team = await relay.team();
    await atNoon(team);
    const { state } = await addBudget(team, { period: 'day', limit_usd: '10', thresholds: [100] });
    const today = Date.now();
    await spend(team, { usd: '6', at: today });
    await team.advance(CHECK);
    await team.advance(DAY);
    // The day now is another one, and a member's clock may run ahead.
    const tomorrow = today + DAY - 60_000;
    await spend(team, { usd: '1', at: tomorrow });
    await team.advance(CHECK);
    expect(await thresholds(team)).toEqual([]);
    await spend(team, { usd: '6', at: today });
    await team.advance(CHECK);
    const [late, ...more] = await said(team, 'budget.threshold');
    expect(more).toEqual([]);
    expect(late).toMatchObject({ spent_usd: '12', from: state.from, to: state.to });
    await spend(team, { usd: '10', at: tomorrow });
    await team.advance(CHECK);
    expect((await said(team, 'budget.threshold')).map(({ spent_usd }) => spent_usd)).toEqual(['12', '11']);
  });

  test('of another zone is the same threshold of the same period', async () => {
    const team = await relay.team();
    await addBudget(team, { limit_usd: '10', thresholds: [50, 100] });
    await spend(team, { usd: '5' });
    await team.advance(CHECK);
    expect((await team.call('PATCH', '/v1/team', { zone: 'Pacific/Kiritimati' })).body.zone).toBe('Pacific/Kiritimati');
    await spend(team, { usd: '0.1' });
    await team.advance(CHECK);
    expect(await thresholds(team)).toEqual([50]);
  });

  test('is said once through a restart, and what was to be looked at before it is looked at after it', async () => {
    const own = await startTestRelay();
    const team = await own.team('restarted');
    await spend(team, { usd: '5' });
    await addBudget(team, { limit_usd: '10', action: 'warn' });
    expect(await thresholds(team)).toEqual([50]);
    await spend(team, { usd: '5' });
    await own.relay.close();
    const entry = join(import.meta.dirname, 'worker', 'index.ts');
    const again = await startRelay({ dataDir: own.dataDir, entry, rateLimit: 1_000_000 });
    const after: TestTeam = { ...team, call: (method, path, body) => call(again.url, team.token, method, path, body) };
    await until('the rest to be said', async () => (await thresholds(after)).length > 1, { everyMs: 250 });
    expect(await thresholds(after)).toEqual([50, 75, 90, 100]);
    const { body } = await after.call('POST', '/v1/events', batch([idle(1)]));
    expect(body.budgets).toMatchObject([{ action: 'warn', percent: 100 }]);
    await again.close();
    rmSync(own.dataDir, { recursive: true, force: true });
  });

  test('is said once in whatever order spend arrives, repeats and is looked at', async () => {
    const step = fc.record({ cents: fc.integer({ min: 1, max: 400 }), looks: fc.boolean(), again: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const team = await relay.team();
        await addBudget(team, { limit_usd: '10' });
        let cents = 0;
        for (const [index, { cents: more, looks, again }] of steps.entries()) {
          cents += more;
          const once: Spend = { usd: (more / 100).toFixed(2), message: `msg_order_${index}` };
          await spend(team, once, ...(again ? [once] : []));
          if (looks) await team.advance(CHECK);
        }
        await team.advance(CHECK);
        expect(await thresholds(team)).toEqual([50, 75, 90, 100].filter((percent) => cents >= percent * 10));
      }),
      { numRuns: 15 },
    );
  });
});

describe('the watch', () => {
  test('writes one row for many batches, none for what is no spend, and none for its own events', async () => {
    const team = await relay.team();
    await addBudget(team, { limit_usd: '1' });
    const tasks = async () => (await team.query('SELECT name FROM task ORDER BY name')).map(({ name }) => name);
    await team.call('POST', '/v1/events', batch([idle(1)]));
    expect(await tasks()).toEqual([]);
    await spend(team, { usd: '1' });
    const [before] = await team.query("SELECT due FROM task WHERE name = 'budgets'");
    await spend(team, { usd: '1' });
    expect(await team.query("SELECT due FROM task WHERE name = 'budgets'")).toEqual([before]);
    expect(await tasks()).toEqual(['anomalies', 'budgets']);
    await team.advance(CHECK);
    expect(await thresholds(team)).toHaveLength(4);
    expect(await tasks()).toEqual(['anomalies']);
    await team.advance(3_600_000);
    expect(await tasks()).toEqual([]);
  });

  test('records what fails, tries again, and keeps no delivery back', async () => {
    const team = await relay.team();
    const receiver = await startReceiver();
    await addBudget(team, { limit_usd: '1', thresholds: [100] });
    await spend(team, { usd: '1' });
    await team.query('ALTER TABLE budget_fire RENAME TO hidden');
    await team.advance(CHECK);
    const { tasks } = (await team.call('GET', '/v1/team')).body;
    expect(tasks[0]).toMatchObject({ name: 'budgets', reason: expect.stringContaining('budget_fire') });
    const endpoint = await addEndpoint(team, receiver.url, { after: 0 });
    await endpoint.settled();
    expect(receiver.deliveries).toHaveLength(1);
    await team.query('ALTER TABLE hidden RENAME TO budget_fire');
    await team.advance(61_000);
    expect(await thresholds(team)).toEqual([100]);
    expect((await team.call('GET', '/v1/team')).body.tasks.map(({ name }: { name: string }) => name)).not.toContain(
      'budgets',
    );
    await receiver.close();
  });
});

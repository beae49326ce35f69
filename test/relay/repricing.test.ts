import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { batch, message } from './builders.ts';
import { reprice, repriced } from './reprice.ts';
import { useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);

const MODEL = { provider: 'acme', model: 'm1' };
const TOKENS = { input: 1_000, output: 0, reasoning: 0, cache_read: 0, cache_write: 0 };
const RULE = { kind: 'override', ...MODEL, from: '2026-01-01T00:00:00Z', usd_per_million: { input: '1', output: '2' } };
const ORDER = { from: '2026-11-20T00:00:00Z', to: '2026-11-21T00:00:00Z' };

/** Messages at a tenth of a cent each, once they have a price. */
async function unpriced(count: number): Promise<void> {
  for (let from = 1; from <= count; from += 1_000) {
    const few = Array.from({ length: Math.min(1_000, count - from + 1) }, (_, index) =>
      message(from + index, { ...MODEL, cost_usd: '0', tokens: TOKENS }),
    );
    expect((await team.call('POST', '/v1/events', batch(few))).status).toBe(202);
  }
  await team.call('POST', '/v1/prices/rules', RULE);
}

async function totalCost(): Promise<string> {
  return (await team.call('GET', '/v1/usage?from=2026-11-20&to=2026-11-21')).body.total.cost_usd;
}

async function said(): Promise<string[]> {
  const { body } = await team.call('GET', '/v1/events?type=ledger.*');
  return body.events.map(({ type }: { type: string }) => type);
}

test('a crash between two slices repeats none and leaves none out', async () => {
  await unpriced(2_500);
  await team.fault({ crashWhen: 'SELECT 1 FROM repricing WHERE messages = 2000' });
  const begun = await team.call('POST', '/v1/prices/reprice', ORDER);
  const { id } = begun.body.repricing;
  expect([begun.status, begun.headers.get('location')]).toEqual([202, `/v1/prices/repricings/${id}`]);
  await until('a crash', async () => (await team.looks().catch(() => 1_000)) < 5);
  const left = () => team.query('SELECT messages, ended FROM repricing').catch(() => []);
  await until('what the crash has left', async () => (await left()).length > 0);
  expect(await left()).toEqual([{ messages: 1_000, ended: null }]);
  await team.advance(60_000);
  const figures = { messages: 2_500, changed: 2_500, before_usd: '0', after_usd: '2.5' };
  expect(await repriced(team, id)).toMatchObject({ ...figures, failure: null });
  expect(await totalCost()).toBe('2.5');
  expect(await said()).toEqual(['ledger.repricing', 'ledger.repriced']);
});

test('what holds one up is shown, nothing of the slice stands, and prices stay as they are until it is done', async () => {
  await unpriced(3);
  await team.query(`CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`);
  const { id } = (await team.call('POST', '/v1/prices/reprice', ORDER)).body.repricing;
  const path = `/v1/prices/repricings/${id}`;
  await until('a failure', async () => (await team.call('GET', path)).body.repricing.failure !== null);
  expect((await team.call('GET', path)).body.repricing).toMatchObject({
    state: 'running',
    messages: 0,
    ended_at: null,
    failure: { reason: expect.stringContaining('the disk is full') },
  });
  const refused = await Promise.all([
    team.call('POST', '/v1/prices/reprice', ORDER),
    team.call('POST', '/v1/prices/rules', { ...RULE, model: 'm2' }),
    team.call('PUT', '/v1/prices/book?name=ours', [
      { id: 'anthropic', models: [{ id: 'm1', match: { equals: 'm1' }, prices: { input_mtok: 9 } }] },
    ]),
  ]);
  for (const { status, body } of refused) expect([status, body.detail]).toEqual([409, expect.stringContaining(id)]);
  await team.query('DROP TRIGGER full');
  await team.advance(60_000);
  expect(await repriced(team, id)).toMatchObject({ changed: 3, after_usd: '0.003', failure: null });
  expect((await team.call('POST', '/v1/prices/rules', { ...RULE, model: 'm2' })).status).toBe(201);
});

test('what comes while one runs is charged once, at the price that it applies', async () => {
  await unpriced(3_000);
  const { id } = (await team.call('POST', '/v1/prices/reprice', ORDER)).body.repricing;
  const late = [message(3_001, { ...MODEL, cost_usd: '0', tokens: TOKENS })];
  expect((await team.call('POST', '/v1/events', batch(late))).body.accepted).toBe(1);
  await repriced(team, id);
  expect(await totalCost()).toBe('3.001');
});

test('all of them are listed, and one that is not there is not found', async () => {
  await unpriced(1);
  const [first, second] = [await reprice(team, ORDER), await reprice(team, { ...ORDER, from: '2026-11-20T01:00:00Z' })];
  const { body } = await team.call('GET', '/v1/prices/repricings');
  const ids = body.repricings.map((one: { id: string }) => one.id);
  expect(new Set(ids)).toEqual(new Set([first.id, second.id]));
  expect(second.changed).toBe(0);
  expect((await team.call('GET', '/v1/prices/repricings/rep_none')).status).toBe(404);
  expect((await team.call('POST', '/v1/prices/reprice', { ...ORDER, to: '2026-11-19T00:00:00Z' })).status).toBe(400);
});

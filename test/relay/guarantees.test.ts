import { expect, test } from 'vitest';

import { batch, event, message } from './builders.ts';
import type { TestTeam } from './harness.ts';
import { useRelay } from './setup.ts';

const relay = useRelay();

const RANGE = 'from=2026-11-20&to=2026-11-21';
const INFO = { parent: null, created_at: '2026-11-20T09:00:00.000Z', title: null };
const MODEL = { provider: 'acme', model: 'm1' };
const TOKENS = { input: 1_000, output: 0, reasoning: 0, cache_read: 0, cache_write: 0 };
const RULE = { kind: 'override', ...MODEL, from: '2026-01-01T00:00:00Z', usd_per_million: { input: '1', output: '1' } };

async function totalOf(team: TestTeam) {
  return (await team.call('GET', `/v1/usage?${RANGE}`)).body.total;
}

test('one name of a price means one price', async () => {
  const team = await relay.team();
  for (const [index, usd] of [1, 9].entries()) {
    const prices = { input_mtok: usd, output_mtok: usd };
    const file = [{ id: 'anthropic', models: [{ id: 'm', match: { equals: 'm' }, prices }] }];
    await team.call('PUT', '/v1/prices/book?name=ours', file);
    const given = message(index + 1, { provider: 'anthropic', model: 'm', cost_usd: '0', tokens: TOKENS });
    await team.call('POST', '/v1/events', batch([given]));
  }
  const { entries } = (await team.call('GET', '/v1/sessions/ses_1')).body;
  const names = new Set(entries.map((entry: Record<string, string>) => entry['price']));
  const costs = new Set(entries.map((entry: Record<string, string>) => entry['cost_usd']));
  expect(names.size).toBe(costs.size);
});

test('no message is charged more than the operator allows, at the list price neither', async () => {
  const team = await relay.team();
  const tokens = { ...TOKENS, input: 1_000_000_000 };
  await team.call('POST', '/v1/events', batch([message(1, { cost_usd: '0', tokens })]));
  expect(Number((await totalOf(team)).cost_usd)).toBeLessThanOrEqual(1_000);
});

test('work that goes on in a session after its deletion is kept', async () => {
  const team = await relay.team();
  const gone = [message(1, { cost_usd: '1' }), event(2, 'session.deleted', INFO)];
  const next = message(3, { cost_usd: '2', created_at: '2026-11-20T12:00:00.000Z' });
  await team.call('POST', '/v1/events', batch([...gone, next]));
  expect(await totalOf(team)).toMatchObject({ cost_usd: '3', discarded_usd: '1' });
});

test('a dry run writes nothing', async () => {
  const team = await relay.team();
  await team.call('POST', '/v1/events', batch([message(1, { ...MODEL, cost_usd: '0', tokens: TOKENS })]));
  await team.call('POST', '/v1/prices/rules', RULE);
  const rows = () => team.query('SELECT (SELECT count(*) FROM price) + (SELECT count(*) FROM dimension) AS count');
  const before = await rows();
  await team.call('POST', '/v1/prices/reprice', { from: '2026-11-20T00:00:00Z', dry_run: true });
  expect(await rows()).toEqual(before);
});

test('nobody but the relay says what the relay says', async () => {
  const team = await relay.team();
  const forged = event(1, 'ledger.repriced' as 'session.idle', {}, { session: null });
  expect((await team.call('POST', '/v1/events', batch([forged]))).status).toBe(422);
});

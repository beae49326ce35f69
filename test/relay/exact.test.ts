import { expect, test } from 'vitest';

import { batch, event, message } from './builders.ts';
import type { TestTeam } from './harness.ts';
import { reprice } from './reprice.ts';
import { useRelay } from './setup.ts';

const relay = useRelay();

const RANGE = 'from=2026-11-20&to=2026-11-21';
const INFO = { parent: null, created_at: '2026-11-20T09:00:00.000Z', title: null };

const DEAR = '999.999999999';
/** Ten thousand messages at that price, and one nano-dollar. */
const EXACT = '9999999.999990001';

/** More nano-dollars than a number holds. */
async function spend(team: TestTeam): Promise<void> {
  for (let part = 0; part < 10; part += 1) {
    const dear = Array.from({ length: 1_000 }, (_, index) => message(part * 1_000 + index + 1, { cost_usd: DEAR }));
    expect((await team.call('POST', '/v1/events', batch(dear))).body.accepted).toBe(1_000);
  }
}

test('a deletion of more than 2^53 nano-dollars moves each of them, and only once', async () => {
  const team = await relay.team();
  await spend(team);
  const [last, deleted] = [message(10_001, { cost_usd: '0.000000001' }), event(10_002, 'session.deleted', INFO)];
  await team.call('POST', '/v1/events', batch([last, deleted]));
  await team.call('POST', '/v1/events', batch([event(10_003, 'session.deleted', INFO)]));
  const exact = { messages: 10_001, cost_usd: EXACT, discarded_usd: EXACT };
  const { body } = await team.call('GET', `/v1/usage?${RANGE}&group_by=state`);
  expect([body.total, body.rows]).toMatchObject([exact, [{ state: 'discarded', ...exact }]]);
  expect((await team.call('GET', '/v1/sessions/ses_1')).body).toMatchObject(exact);
});

test('repricing adds to a session past 2^53 nano-dollars exactly', async () => {
  const team = await relay.team();
  await spend(team);
  const model = { provider: 'acme', model: 'm1' };
  const tokens = { input: 1, output: 0, reasoning: 0, cache_read: 0, cache_write: 0 };
  await team.call('POST', '/v1/events', batch([message(10_001, { ...model, tokens, cost_usd: '0' })]));
  const prices = { from: '2026-01-01T00:00:00Z', usd_per_million: { input: '0.001', output: '0' } };
  await team.call('POST', '/v1/prices/rules', { kind: 'override', ...model, ...prices });
  const order = { from: '2026-11-20T00:00:00Z', to: '2026-11-21T00:00:00Z' };
  expect((await reprice(team, order)).after_usd).toBe(EXACT);
  expect((await team.call('GET', `/v1/usage?${RANGE}`)).body.total.cost_usd).toBe(EXACT);
  expect((await team.call('GET', '/v1/sessions/ses_1')).body.cost_usd).toBe(EXACT);
});

test('what was late is the same in sum, whatever it is grouped by', async () => {
  const team = await relay.team();
  const from = new Date().toISOString().slice(0, 10);
  const to = new Date(Date.parse(from) + 86_400_000).toISOString().slice(0, 10);
  await team.call('POST', '/v1/events', batch([message(1, { created_at: `${from}T00:00:00.000Z`, cost_usd: '1' })]));
  await team.advance(26 * 3_600_000);
  await team.call('POST', '/v1/events', batch([event(2, 'message.removed', { message: 'msg_1' })]));
  const whole = await team.call('GET', `/v1/usage?from=${from}&to=${to}`);
  const byState = await team.call('GET', `/v1/usage?from=${from}&to=${to}&group_by=state`);
  expect([whole.body.total.late_usd, byState.body.total]).toEqual(['0', whole.body.total]);
});

test('the entries of a very long session are read page by page', async () => {
  const team = await relay.team();
  await spend(team);
  const seen = new Set<string>();
  for (let from: number | null = 0; from !== null;) {
    const { body } = await team.call('GET', `/v1/sessions/ses_1?entries_from=${from}`);
    expect(body.entries.length).toBeLessThanOrEqual(5_000);
    for (const { message: id } of body.entries) seen.add(id);
    from = body.entries_next;
  }
  expect(seen.size).toBe(10_000);
});

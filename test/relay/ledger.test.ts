import { afterAll, beforeAll, expect, test } from 'vitest';

import type { SessionInfo } from '../../plugin/contract.ts';
import { batch, event, idle, message, source } from './builders.ts';
import { startTestRelay, type TestRelay, type TestTeam } from './harness.ts';

let relay: TestRelay;
beforeAll(async () => {
  relay = await startTestRelay();
});
afterAll(() => relay.close());

const RANGE = 'from=2026-11-20&to=2026-11-21';

async function totalOf(team: TestTeam) {
  return (await team.call('GET', `/v1/usage?${RANGE}`)).body.total;
}

function described(seq: number, session: string, parent: string | null, given: Partial<SessionInfo> = {}) {
  const info = { parent, created_at: '2026-11-20T09:00:00.000Z', title: null, ...given };
  return event(seq, 'session.created', info, { session });
}

test('a message that grows is charged once, at its last figure', async () => {
  const team = await relay.team();
  for (const [seq, cost] of ['0', '0.01', '0.02'].entries()) {
    const growing = message(seq + 1, { message: 'msg_1', cost_usd: cost, completed_at: null });
    await team.call('POST', '/v1/events', batch([growing]));
  }
  await team.call('POST', '/v1/events', batch([message(4, { message: 'msg_1', cost_usd: '0.03' })]));
  expect(await totalOf(team)).toMatchObject({ messages: 1, cost_usd: '0.03' });
});

test('a message in two sessions is charged in both, unless one says that it is a copy', async () => {
  const team = await relay.team();
  const same = { message: 'msg_1', cost_usd: '1' };
  const copied = message(2, { ...same, copied: true }, { session: 'ses_2' });
  await team.call('POST', '/v1/events', batch([message(1, same), copied]));
  expect(await totalOf(team)).toMatchObject({ messages: 1, cost_usd: '1' });
  await team.call('POST', '/v1/events', batch([message(3, same, { session: 'ses_3' })]));
  expect(await totalOf(team)).toMatchObject({ messages: 2, cost_usd: '2' });
});

test('names with spaces are not taken for one another', async () => {
  const team = await relay.team();
  const one = message(1, { message: 'c', cost_usd: '1' }, { session: 'a b' });
  const other = message(2, { message: 'b c', cost_usd: '2' }, { session: 'a' });
  await team.call('POST', '/v1/events', batch([one, other]));
  expect(await totalOf(team)).toMatchObject({ messages: 2, cost_usd: '3' });
});

test('sums past 2^53 nano-dollars are exact to the last digit, in the ledger and in a session', async () => {
  const team = await relay.team();
  for (let part = 0; part < 10; part += 1) {
    const dear = Array.from({ length: 1_000 }, (_, index) =>
      message(part * 1_000 + index + 1, { cost_usd: '999.999999999' }),
    );
    expect((await team.call('POST', '/v1/events', batch(dear))).status).toBe(202);
  }
  await team.call('POST', '/v1/events', batch([message(10_001, { cost_usd: '0.000000001' })]));
  const exact = '9999999.999990001';
  expect(await totalOf(team)).toMatchObject({ messages: 10_001, cost_usd: exact });
  const { body } = await team.call('GET', '/v1/sessions/ses_1');
  expect(body).toMatchObject({ messages: 10_001, cost_usd: exact, inclusive_cost_usd: exact });
});

test('sessions that name each other as parents are shown and do not hold the relay', async () => {
  const team = await relay.team();
  const ring = [
    described(1, 'self', 'self'),
    described(2, 'a', 'b'),
    described(3, 'b', 'a'),
    message(4, { cost_usd: '1' }, { session: 'a' }),
    message(5, { cost_usd: '2' }, { session: 'b' }),
    message(6, { cost_usd: '4' }, { session: 'self' }),
  ];
  await team.call('POST', '/v1/events', batch(ring));
  const { status, body } = await team.call('GET', '/v1/sessions');
  expect(status).toBe(200);
  const costs = body.sessions.map((session: Record<string, string>) => [session['id'], session['inclusive_cost_usd']]);
  expect(Object.fromEntries(costs)).toEqual({ self: '4', a: '3', b: '3' });
});

test('sub-agents of sub-agents count for the session that started them all', async () => {
  const team = await relay.team();
  const depth = 60;
  const chain = Array.from({ length: depth }, (_, at) => described(at + 1, `s${at}`, at === 0 ? null : `s${at - 1}`));
  const costs = Array.from({ length: depth }, (_, at) =>
    message(depth + at + 1, { cost_usd: '0.01' }, { session: `s${at}` }),
  );
  await team.call('POST', '/v1/events', batch([...chain, ...costs]));
  const { body } = await team.call('GET', '/v1/sessions/s0');
  expect(body).toMatchObject({ cost_usd: '0.01', inclusive_cost_usd: '0.6', children: [{ id: 's1' }] });
});

test('a title comes back as it was sent, whatever is in it', async () => {
  const team = await relay.team();
  const title = 'tab\t, nul \u0000, quote ", <b>, 😀 and \u2028 end';
  await team.call('POST', '/v1/events', batch([described(1, 'ses_1', null, { title })]));
  expect((await team.call('GET', '/v1/sessions/ses_1')).body.title).toBe(title);
});

test('a batch whose numbers are longer when written anew is stored', async () => {
  const team = await relay.team();
  const numbers = `[${Array.from({ length: 730 }, () => '1e20').join(',')}]`;
  const events = Array.from({ length: 250 }, (_, index) => ({ ...idle(index + 1), type: 'custom', data: { n: 0 } }));
  const body = JSON.stringify(batch(events as never)).replaceAll('{"n":0}', `{"n":${numbers}}`);
  expect(body.length).toBeLessThan(1_000_000);
  const { status, body: receipt } = await team.call('POST', '/v1/events', body);
  expect([status, receipt.accepted]).toEqual([202, 250]);
  const { body: page } = await team.call('GET', '/v1/events?after=249');
  expect(page.events[0].data.n).toHaveLength(730);
});

test('a source that changes its branch is charged to each for its part', async () => {
  const team = await relay.team();
  await team.call('POST', '/v1/events', batch([message(1, { cost_usd: '1' })]));
  const onFeature = { source: source({ branch: 'feature' }) };
  await team.call('POST', '/v1/events', batch([message(2, { cost_usd: '2' })], onFeature));
  const { body } = await team.call('GET', `/v1/usage?${RANGE}&group_by=branch`);
  expect(body.rows).toMatchObject([
    { branch: 'feature', cost_usd: '2' },
    { branch: 'main', cost_usd: '1' },
  ]);
});

test('teams do not see each other', async () => {
  const [one, other] = [await relay.team(), await relay.team()];
  await one.call('POST', '/v1/events', batch([message(1)]));
  for (const path of ['/v1/events', '/v1/sessions', '/v1/sources']) {
    expect(Object.values((await other.call('GET', path)).body)[0]).toEqual([]);
  }
  expect((await other.call('GET', '/v1/sessions/ses_1')).status).toBe(404);
  expect(await totalOf(other)).toMatchObject({ messages: 0, cost_usd: '0' });
});

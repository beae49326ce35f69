import { afterAll, beforeAll, expect, test } from 'vitest';

import { batch, event, message } from './builders.ts';
import { startTestRelay, type TestRelay } from './harness.ts';

let relay: TestRelay;
beforeAll(async () => {
  relay = await startTestRelay();
});
afterAll(() => relay.close());

function described(seq: number, session: string, parent: string | null) {
  const info = { parent, created_at: '2026-11-20T09:00:00.000Z', title: null };
  return event(seq, 'session.created', info, { session });
}

test('a session by steps of time: each entry in its own, those outside in none', async () => {
  const team = await relay.team();
  const times = [
    '19T23:59:59.999',
    '20T00:00:00.000',
    '20T00:59:59.999',
    '20T01:00:00.000',
    '20T23:59:59.999',
    '21T00:00:00.000',
  ];
  const events = times.map((time, index) =>
    message(index + 1, { created_at: `2026-11-${time}Z`, cost_usd: `0.00${index + 1}` }),
  );
  await team.call('POST', '/v1/events', batch(events));
  const range = 'from=2026-11-20&to=2026-11-21&session=ses_1';
  const { body } = await team.call('GET', `/v1/usage?${range}&step=hour`);
  const rows = body.rows.map((row: Record<string, string>) => [row['from']?.slice(11, 13), row['messages']]);
  expect(rows).toEqual([
    ['00', 2],
    ['01', 1],
    ['23', 1],
  ]);
  expect(body.total).toEqual((await team.call('GET', `/v1/usage?${range}`)).body.total);
  const after = 'from=2026-11-22&to=2026-11-23&session=ses_1';
  expect((await team.call('GET', `/v1/usage?${after}&step=hour`)).body.rows).toEqual([]);
});

test('a session is found above a thousand sub-agents that were heard of after it', async () => {
  const team = await relay.team();
  await team.call('POST', '/v1/events', batch([described(1, 'root', null)]));
  for (const first of [2, 1_002]) {
    const agents = Array.from({ length: 1_000 }, (_, index) => described(first + index, `s${first + index}`, 'root'));
    await team.call('POST', '/v1/events', batch(agents));
  }
  const { status, body } = await team.call('GET', '/v1/sessions/root');
  expect([status, body.children?.length]).toEqual([200, 999]);
});

test('a session whose parent was never heard of is a root', async () => {
  const team = await relay.team();
  await team.call('POST', '/v1/events', batch([described(1, 'ses_1', 'lost'), message(2, { cost_usd: '1' })]));
  const { body } = await team.call('GET', '/v1/sessions?roots=true');
  expect(body.sessions).toMatchObject([{ id: 'ses_1', parent: 'lost', inclusive_cost_usd: '1' }]);
});

import { expect, test } from 'vitest';

import { batch, event, message, source } from './builders.ts';
import type { Reply, TestTeam } from './harness.ts';
import { useRelay } from './setup.ts';

const relay = useRelay();

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
  expect([status, body.children?.length, body.children_truncated]).toEqual([200, 1_000, true]);
  const rest = await team.call('GET', '/v1/sessions?tree=root&limit=1000&offset=1000');
  expect(rest.body.sessions).toHaveLength(1_000);
  expect((await team.call('GET', '/v1/sessions/s2')).body.children_truncated).toBe(false);
});

test('by cost a root stands with all that its sub-agents cost, however little it cost itself', async () => {
  const team = await relay.team();
  const agents = Array.from({ length: 60 }, (_, index) => {
    const parent = index < 30 ? 'cheap' : `agent${index - 30}`;
    return [
      described(10 + index * 2, `agent${index}`, parent),
      message(11 + index * 2, { cost_usd: '1' }, { session: `agent${index}` }),
    ];
  });
  const roots = [
    described(1, 'cheap', null),
    message(2, { cost_usd: '0.001' }, { session: 'cheap' }),
    message(3, { cost_usd: '5' }, { session: 'dear' }),
    message(4, { cost_usd: '2' }, { session: 'fair' }),
  ];
  await team.call('POST', '/v1/events', batch([...roots, ...agents.flat()]));
  const { body } = await team.call('GET', '/v1/sessions?roots=true&sort=cost&limit=2');
  expect(body).toMatchObject({
    sessions: [
      { id: 'cheap', cost_usd: '0.001', inclusive_cost_usd: '60.001', subagents: 60 },
      { id: 'dear', inclusive_cost_usd: '5', subagents: 0 },
    ],
    next: 2,
  });
  const rest = await team.call('GET', '/v1/sessions?roots=true&sort=cost&limit=2&offset=2');
  expect(rest.body).toMatchObject({ sessions: [{ id: 'fair' }], next: null });
  const own = await team.call('GET', '/v1/sessions?sort=cost&limit=2');
  expect(own.body.sessions.map(({ id }: { id: string }) => id)).toEqual(['dear', 'fair']);
  const tree = await team.call('GET', '/v1/sessions?tree=cheap&sort=cost&limit=1000');
  expect(tree.body.sessions[0]).toMatchObject({ id: 'cheap' });
  expect(tree.body.sessions).toHaveLength(61);
});

test('in a session that two machines work in each entry says whose it is', async () => {
  const team = await relay.team();
  await team.call('POST', '/v1/events', batch([message(1)]));
  await team.call('POST', '/v1/events', batch([message(2)], { source: source({ id: 'src_2', host: 'desktop' }) }));
  const { body } = await team.call('GET', '/v1/sessions/ses_1');
  expect(body.entries).toMatchObject([
    { message: 'msg_1', host: 'laptop' },
    { message: 'msg_2', host: 'desktop' },
  ]);
});

test('a cost that is not known below a session is counted with it', async () => {
  const team = await relay.team();
  const spent = [
    described(1, 'root', null),
    described(2, 'below', 'root'),
    message(3, { provider: 'acme', cost_usd: '0' }, { session: 'below' }),
    message(4, { provider: 'acme', cost_usd: '3' }, { session: 'root' }),
    message(5, { cost_usd: '3' }, { session: 'root' }),
  ];
  await team.call('POST', '/v1/events', batch(spent));
  const { body } = await team.call('GET', '/v1/sessions/root');
  expect(body).toMatchObject({ unpriced_messages: 0, inclusive_unpriced_messages: 1, unlisted_messages: 1 });
  expect(body).toMatchObject({ cost_usd: '6', inclusive_cost_usd: '6' });
  expect(body.children[0]).toMatchObject({ unpriced_messages: 1, unlisted_messages: 1 });
  expect(body.children[0]).toMatchObject({ cost_usd: null, inclusive_cost_usd: null, list_usd: null });
  const below = await team.call('GET', '/v1/sessions/below');
  expect(below.body.entries[0]).toMatchObject({ cost_usd: null, list_usd: null, basis: 'unpriced' });
  for (const filter of ['', '&session=root']) {
    const usage = await team.call('GET', `/v1/usage?from=2026-11-20&to=2026-11-21${filter}`);
    expect(usage.body.total).toMatchObject({ messages: 3, unpriced_messages: 1, unlisted_messages: 2, cost_usd: '6' });
    const unknown = await team.call('GET', `/v1/usage?from=2026-11-20&to=2026-11-21&basis=unpriced${filter}`);
    expect(unknown.body.total).toMatchObject({
      cost_usd: null,
      list_usd: null,
      reported_usd: '0',
      unpriced_messages: 1,
    });
  }
  const rows = await team.call('GET', '/v1/usage?from=2026-11-20&to=2026-11-21&group_by=basis&format=csv');
  const [header = '', ...cells] = String(rows.body)
    .split('\r\n')
    .map((line) => line.split(','));
  const costs = cells.map((row) => [row[header.indexOf('basis')], row[header.indexOf('cost_usd')]]);
  expect(costs).toEqual(
    expect.arrayContaining([
      ['reported', '6'],
      ['unpriced', ''],
    ]),
  );
  const sessions = await team.call('GET', '/v1/sessions?format=csv');
  expect(sessions.body).toMatch(/^below,.*,800,100,0,200,0,,,0,,0,0,1,0,1\r$/m);
  const { body: prices } = await team.call('GET', '/v1/prices?from=2026-11-20T00:00:00Z');
  expect(prices.models).toContainEqual(expect.objectContaining({ provider: 'acme', cost_usd: '3', list_usd: null }));
  const { body: csv } = await team.call('GET', '/v1/export?format=csv&from=2026-11-20&to=2026-11-21');
  expect(csv).toContain(',,0,,unpriced,');
});

test("a day of sessions is one of the team's zone, or of the one that is asked for", async () => {
  const team = await relay.team();
  await team.call('PATCH', '/v1/team', { zone: 'Asia/Kolkata' });
  await team.call('POST', '/v1/events', batch([message(1, {}, { time: '2026-11-20T20:00:00.000Z' })]));
  const on = async (query: string) => (await team.call('GET', `/v1/sessions?${query}`)).body.sessions.length;
  expect(await on('from=2026-11-20&to=2026-11-21')).toBe(0);
  expect(await on('from=2026-11-21')).toBe(1);
  expect(await on('from=2026-11-20&to=2026-11-21&zone=UTC')).toBe(1);
  const wrong = await team.call('GET', '/v1/sessions?from=2026-11-20&zone=Mars');
  expect([wrong.status, wrong.body.detail]).toEqual([400, expect.stringContaining('zone: ')]);
});

test('a session whose parent was never heard of is a root', async () => {
  const team = await relay.team();
  await team.call('POST', '/v1/events', batch([described(1, 'ses_1', 'lost'), message(2, { cost_usd: '1' })]));
  const { body } = await team.call('GET', '/v1/sessions?roots=true');
  expect(body.sessions).toMatchObject([{ id: 'ses_1', parent: 'lost', inclusive_cost_usd: '1' }]);
});

/** Sessions each started by the one before it, with a message at the end. */
async function chain(team: TestTeam, length: number, usd: string): Promise<void> {
  const events = Array.from({ length }, (_, n) => described(n + 1, `deep${n}`, n === 0 ? null : `deep${n - 1}`));
  const paid = message(length + 1, { cost_usd: usd }, { session: `deep${length - 1}` });
  await team.call('POST', '/v1/events', batch([...events, paid]));
}

test('what is spent at any depth is in the figures of all above it', async () => {
  const team = await relay.team();
  await chain(team, 140, '3');
  const [root] = (await team.call('GET', '/v1/sessions?roots=true&sort=cost')).body.sessions;
  expect(root).toMatchObject({ id: 'deep0', cost_usd: '0', inclusive_cost_usd: '3', subagents: 139 });
  const { body } = await team.call('GET', '/v1/usage?from=2026-11-20&to=2026-11-21&session=deep0');
  expect(body.total.cost_usd).toBe('3');
  const own = await team.call('GET', '/v1/usage?from=2026-11-20&to=2026-11-21&session=deep0&scope=own');
  expect(own.body.total.cost_usd).toBe('0');
  const tree = await team.call('GET', '/v1/sessions?tree=deep0&limit=1000');
  expect(tree.body.sessions).toHaveLength(140);
});

test('sessions that name each other as parents are each in the tree once', async () => {
  const team = await relay.team();
  const paid = [1, 2, 4].map((usd, n) => message(10 + n, { cost_usd: `${usd}` }, { session: `ring${n}` }));
  const ring = [0, 1, 2].map((n) => described(n + 1, `ring${n}`, `ring${(n + 1) % 3}`));
  await team.call('POST', '/v1/events', batch([...ring, ...paid]));
  const { body } = await team.call('GET', '/v1/sessions?sort=cost');
  expect(
    body.sessions.map(({ inclusive_cost_usd, subagents }: Reply['body']) => [inclusive_cost_usd, subagents]),
  ).toEqual([0, 1, 2].map(() => ['7', 2]));
  expect((await team.call('GET', '/v1/sessions?tree=ring1')).body.sessions).toHaveLength(3);
  const usage = await team.call('GET', '/v1/usage?from=2026-11-20&to=2026-11-21&session=ring1');
  expect(usage.body.total).toMatchObject({ cost_usd: '7', messages: 3 });
});

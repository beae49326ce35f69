import { expect, test } from 'vitest';

import type { SessionInfo } from '../../plugin/contract.ts';
import { batch, event, idle, message, source } from './builders.ts';
import { startTestRelay, type TestTeam } from './harness.ts';
import { useRelay } from './setup.ts';

const relay = useRelay();

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

test('what arrives after its period has closed is shown as late, and only there', async () => {
  const team = await relay.team();
  const now = Date.now();
  const [old, fresh] = [now - 3 * 86_400_000, now].map((at) => new Date(at).toISOString());
  await team.call(
    'POST',
    '/v1/events',
    batch([
      message(1, { created_at: old ?? '', cost_usd: '1' }),
      message(2, { created_at: fresh ?? '', cost_usd: '2' }),
    ]),
  );
  const from = new Date(now - 10 * 86_400_000).toISOString().slice(0, 10);
  const closed = new Date(now - 86_400_000).toISOString().slice(0, 10);
  const open = new Date(now + 2 * 86_400_000).toISOString().slice(0, 10);
  expect((await team.call('GET', `/v1/usage?from=${from}&to=${closed}`)).body.total).toMatchObject({
    cost_usd: '1',
    late_usd: '1',
  });
  expect((await team.call('GET', `/v1/usage?from=${from}&to=${open}`)).body.total).toMatchObject({
    cost_usd: '3',
    late_usd: '0',
  });
});

test('usage is filtered by any dimension, a project by its id and its name', async () => {
  const team = await relay.team();
  await team.call(
    'POST',
    '/v1/events',
    batch([message(1, { cost_usd: '1' }), message(2, { cost_usd: '2', model: 'm' })]),
  );
  const elsewhere = { source: source({ id: 'src_2', member: 'bob', project: null }) };
  await team.call('POST', '/v1/events', batch([message(1, { cost_usd: '4', message: 'msg_9' })], elsewhere));
  for (const [filter, cost] of [
    ['model=m', '2'],
    ['member=bob', '4'],
    ['project=f00d', '3'],
    ['project=example.com/acme/app&model=m', '2'],
    ['member=nobody', '0'],
    ['session=ses_1&member=bob', '4'],
  ]) {
    const { body } = await team.call('GET', `/v1/usage?${RANGE}&${filter}`);
    expect([filter, body.total.cost_usd]).toEqual([filter, cost]);
  }
  expect((await team.call('GET', `/v1/usage?${RANGE}&scope=own`)).status).toBe(400);
});

test.each(['live first', 'backfill first'])(
  'what two machines hold of one imported session is charged once: %s',
  async (order) => {
    const team = await relay.team();
    const own = batch([message(1, { message: 'msg_1', cost_usd: '1' })], {
      source: source({ id: 'src_a', member: 'ada' }),
    });
    const imported = batch(
      [message(1, { message: 'msg_1', cost_usd: '1' }), message(2, { message: 'msg_2', cost_usd: '2' })],
      {
        source: source({ id: 'src_b', member: 'bob', backfill: true }),
      },
    );
    const again = { ...imported, source: source({ id: 'src_c', member: 'cyd', backfill: true }) };
    for (const one of order === 'live first' ? [own, imported, again] : [again, imported, own])
      expect((await team.call('POST', '/v1/events', one)).status).toBe(202);
    expect(await totalOf(team)).toMatchObject({ messages: 2, cost_usd: '3', copied_usd: '0' });
    const byMember = (await team.call('GET', `/v1/usage?${RANGE}&group_by=member`)).body.rows;
    expect(byMember.find((row: { member: string }) => row.member === 'ada')).toMatchObject({ cost_usd: '1' });
  },
);

test('a message in two sessions is charged in both, unless one says that it is a copy', async () => {
  const team = await relay.team();
  const same = { message: 'msg_1', cost_usd: '1' };
  const copied = message(2, { ...same, copied: true }, { session: 'ses_2' });
  await team.call('POST', '/v1/events', batch([message(1, same), copied]));
  const once = { messages: 1, cost_usd: '1', reported_usd: '1', copied_usd: '1' };
  expect(await totalOf(team)).toMatchObject(once);
  expect((await team.call('GET', `/v1/usage?${RANGE}&session=ses_2`)).body.total).toMatchObject({
    messages: 0,
    cost_usd: '0',
  });
  expect((await team.call('GET', '/v1/sessions/ses_2')).body).toMatchObject({
    cost_usd: '0',
    copied_usd: '1',
    entries: [{ state: 'copied', cost_usd: '0', reported_usd: '1' }],
  });
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
  expect(body).toMatchObject({
    cost_usd: '0.01',
    inclusive_cost_usd: '0.6',
    children: [{ id: 's1', inclusive_cost_usd: '0.59', children: [{ id: 's2', children: [{ id: 's3' }] }] }],
  });
});

test('sessions are found by status, time and place in the tree, and each tells what happened in it', async () => {
  const team = await relay.team();
  const given = [described(1, 'root', null), described(2, 'child', 'root'), idle(3, { session: 'child' })];
  const later = message(4, {}, { session: 'other', time: '2026-11-21T09:00:00.000Z' });
  await team.call('POST', '/v1/events', batch([...given, later]));
  const ids = async (query: string) =>
    (await team.call('GET', `/v1/sessions?${query}`)).body.sessions.map(({ id }: { id: string }) => id).toSorted();
  expect(await ids('roots=true')).toEqual(['other', 'root']);
  expect(await ids('parent=root')).toEqual(['child']);
  expect(await ids('status=idle')).toEqual(['child', 'root']);
  expect(await ids('from=2026-11-21')).toEqual(['other']);
  expect(await ids('to=2026-11-21')).toEqual(['child', 'root']);
  expect((await team.call('GET', '/v1/sessions?roots=true&parent=root')).status).toBe(400);
  const { body } = await team.call('GET', '/v1/sessions/child/events');
  expect(body.events.map(({ type }: { type: string }) => type)).toEqual(['session.created', 'session.idle']);
  expect((await team.call('GET', '/v1/sessions/nobody/events')).status).toBe(404);
});

test("what a message may cost is the operator's to say", async () => {
  const strict = await startTestRelay({ maxMessageUsd: 2 });
  try {
    const team = await strict.team();
    const { body } = await team.call(
      'POST',
      '/v1/events',
      batch([message(1, { cost_usd: '2' }), message(2, { cost_usd: '2.01' })]),
    );
    expect(body).toEqual({
      accepted: 1,
      duplicates: 0,
      rejected: [{ index: 1, detail: 'data.cost_usd: must be at most 2 dollars a message, got "2.01"' }],
    });
  } finally {
    await strict.close();
  }
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

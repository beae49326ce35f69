import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { DIMENSIONS } from '../../worker/ledger/dimension.ts';
import { batch, event, message, source } from './builders.ts';
import { arrivals, history } from './history.ts';
import { useRelay } from './setup.ts';

const relay = useRelay();
const RANGE = 'from=2026-11-01&to=2026-12-01';
const SCHEMA = join(import.meta.dirname, '..', '..', 'worker', 'store', 'schema');
const [MIGRATION, NEXT] = ['0016.sql', '0018.sql'].map((name) => readFileSync(join(SCHEMA, name), 'utf8')) as [
  string,
  string,
];

test('what each session spent in a range, alone or within a tree, the dearest first', async () => {
  const team = await relay.team();
  const info = { created_at: '2026-11-20T09:00:00.000Z', title: null };
  const before = { created_at: '2026-11-18T09:00:00.000Z' };
  await team.call(
    'POST',
    '/v1/events',
    batch([
      event(1, 'session.created', { ...info, parent: null, title: 'Fix the bug' }),
      event(2, 'session.created', { ...info, parent: 'ses_1' }, { session: 'ses_sub' }),
      message(3, { cost_usd: '1' }),
      message(4, { cost_usd: '2', model: 'another' }),
      message(5, { cost_usd: '8' }, { session: 'ses_sub' }),
      message(6, { cost_usd: '16', ...before }, { session: 'ses_sub' }),
      message(7, { cost_usd: '4' }, { session: 'ses_other' }),
    ]),
  );
  const rows = async (query: string) => {
    const { status, body } = await team.call('GET', `/v1/usage?${query}`);
    expect(status).toBe(200);
    return body.rows.map((row: Record<string, unknown>) => [row['session'], row['session_title'], row['cost_usd']]);
  };
  expect(await rows(`${RANGE}&group_by=session`)).toEqual([
    ['ses_sub', null, '24'],
    ['ses_other', null, '4'],
    ['ses_1', 'Fix the bug', '3'],
  ]);
  expect(await rows('from=2026-11-20&to=2026-11-21&group_by=session&model=claude-opus-4-6')).toEqual([
    ['ses_sub', null, '8'],
    ['ses_other', null, '4'],
    ['ses_1', 'Fix the bug', '1'],
  ]);
  expect(await rows(`${RANGE}&group_by=session,member&session=ses_1`)).toEqual([
    ['ses_sub', null, '24'],
    ['ses_1', 'Fix the bug', '3'],
  ]);
  const csv = await team.call('GET', `/v1/usage?${RANGE}&group_by=session&format=csv`);
  expect(String(csv.body)).toMatch(/^from,to,session,session_title,messages,/);
});

test.each([...DIMENSIONS])('by session as in all a filter by %s finds the same spend', async (dimension) => {
  const team = await relay.team();
  const town = { town: 'lab', role: 'polecat', rig: 'gastown', worker: 'Toast', bead: 'gt-1' };
  const one = source({ town });
  const lib = { id: 'cafe', name: 'example.com/acme/lib' };
  const two = source({ id: 'src_2', host: 'tower', member: 'bob@example.com', project: lib, branch: 'fix' });
  const message1 = message(1, { cost_usd: '1', variant: 'high' });
  const message2 = message(2, { cost_usd: '2', model: 'another', provider: 'openai', agent: 'plan', kind: 'subagent' });
  for (const sent of [batch([message1], { source: one }), batch([message2], { source: two })]) {
    const { body } = await team.call('POST', '/v1/events', sent);
    expect(body).toMatchObject({ accepted: 1, rejected: [] });
  }
  const rows = async (query: string) => {
    const { status, body } = await team.call('GET', `/v1/usage?${RANGE}&${query}`);
    expect([status, body.detail]).toEqual([200, undefined]);
    return body.rows as Record<string, string>[];
  };
  const values = await rows(`group_by=${dimension}`);
  expect(values.reduce((sum, row) => sum + Number(row['cost_usd']), 0)).toBe(3);
  for (const { [dimension]: value, cost_usd } of values) {
    if (value === null || value === undefined) continue;
    const filter = `${dimension}=${encodeURIComponent(value)}`;
    for (const manner of ['', 'group_by=session', 'group_by=session&scope=inclusive', 'session=ses_1']) {
      const [found, ...more] = await rows(`${manner}&${filter}`);
      expect([manner, found?.['cost_usd'], more]).toEqual([manner, cost_usd, []]);
    }
  }
});

test('a tree is one row, its root with all below it at every depth, in the range, under filters and late', async () => {
  const team = await relay.team();
  const made = { created_at: '2026-11-20T09:00:00.000Z' };
  const told = (seq: number, session: string, parent: string | null) =>
    event(seq, 'session.created', { ...made, parent, title: `title of ${session}` }, { session });
  const old = { created_at: '2026-01-05T09:00:00.000Z', completed_at: '2026-01-05T09:00:01.000Z' };
  const chain = Array.from({ length: 150 }, (_, n) => told(n + 1, `deep_${n}`, n === 0 ? 'root' : `deep_${n - 1}`));
  const events = [
    told(200, 'root', null),
    ...chain,
    told(201, 'orphan', 'never_heard_of'),
    told(202, 'loop_a', 'loop_b'),
    told(203, 'loop_b', 'loop_a'),
    told(204, 'self', 'self'),
    message(210, { cost_usd: '1' }, { session: 'root' }),
    message(211, { cost_usd: '2' }, { session: 'deep_0' }),
    message(212, { cost_usd: '4', model: 'another' }, { session: 'deep_149' }),
    message(213, { cost_usd: '8' }, { session: 'orphan' }),
    message(214, { cost_usd: '16' }, { session: 'loop_a' }),
    message(215, { cost_usd: '32' }, { session: 'loop_b' }),
    message(216, { cost_usd: '64' }, { session: 'self' }),
    message(217, { ...old, cost_usd: '128' }, { session: 'deep_149' }),
  ];
  await team.call('POST', '/v1/events', batch(events));
  const rows = async (query: string) => {
    const { status, body } = await team.call('GET', `/v1/usage?group_by=session&scope=inclusive&${query}`);
    expect(status).toBe(200);
    return body.rows.map((row: Record<string, unknown>) => [row['session'], row['session_title'], row['cost_usd']]);
  };
  expect(await rows(RANGE)).toEqual([
    ['self', 'title of self', '64'],
    // Who name each other are below nobody.
    ['loop_b', 'title of loop_b', '32'],
    ['loop_a', 'title of loop_a', '16'],
    ['orphan', 'title of orphan', '8'],
    ['root', 'title of root', '7'],
  ]);
  expect(await rows(`${RANGE}&model=another`)).toEqual([['root', 'title of root', '4']]);
  const late = await team.call('GET', '/v1/usage?from=2026-01-01&to=2026-02-01&group_by=session&scope=inclusive');
  expect(late.body.rows).toMatchObject([{ session: 'root', cost_usd: '128', late_usd: '128' }]);
  // Of one tree each session stands for itself.
  expect(await rows(`${RANGE}&session=root&model=claude-opus-4-6`)).toEqual([
    ['deep_0', 'title of deep_0', '2'],
    ['root', 'title of root', '1'],
  ]);
  const ungrouped = await team.call('GET', `/v1/usage?${RANGE}&scope=inclusive`);
  expect([ungrouped.status, ungrouped.body.detail]).toEqual([400, expect.stringContaining('scope: ')]);
});

test('what came late is of a session too', async () => {
  const team = await relay.team();
  const old = { created_at: '2026-01-05T09:00:00.000Z', completed_at: '2026-01-05T09:00:01.000Z', cost_usd: '5' };
  await team.call(
    'POST',
    '/v1/events',
    batch([message(1, old), message(2, { ...old, cost_usd: '3' }, { session: 'ses_2' })]),
  );
  const { body } = await team.call('GET', '/v1/usage?from=2026-01-01&to=2026-02-01&group_by=session');
  expect(body.rows.map((row: Record<string, unknown>) => [row['session'], row['late_usd']])).toEqual([
    ['ses_1', '5'],
    ['ses_2', '3'],
  ]);
});

test('what came late is summed over sessions by the hour, and exact in ranges that begin or end within one', async () => {
  const team = await relay.team();
  const start = Date.UTC(2026, 0, 5, 9);
  const late = Array.from({ length: 200 }, (_, n) => {
    const created_at = new Date(start + n * 5 * 60_000).toISOString();
    return message(n + 1, { created_at, cost_usd: '0.5' }, { session: `ses_${n}` });
  });
  await team.call('POST', '/v1/events', batch(late));
  const rows = 'SELECT (SELECT count(*) FROM late_hour) AS hours, (SELECT count(*) FROM late_session) AS sessions';
  expect(await team.query(rows)).toEqual([{ hours: 17, sessions: 200 }]);
  const quarter = fc.integer({ min: -2, max: 70 });
  await fc.assert(
    fc.asyncProperty(quarter, quarter, async (a, b) => {
      const [from, to] = [a, b].toSorted((x, y) => x - y).map((n) => new Date(start + n * 15 * 60_000).toISOString());
      for (const by of ['', '&group_by=member', '&group_by=session', '&step=hour', '&step=day&zone=Asia/Kathmandu']) {
        const { total } = (await team.call('GET', `/v1/usage?from=${from}&to=${to}${by}`)).body;
        expect([by, total.late_usd]).toEqual([by, total.cost_usd]);
      }
    }),
    { numRuns: 15 },
  );
});

test('more rows than one answer holds are refused, with what to do', async () => {
  const team = await relay.team();
  const sessions = Array.from({ length: 20_001 }, (_, n) => n);
  for (let from = 0; from < sessions.length; from += 500) {
    const part = sessions.slice(from, from + 500);
    const events = part.map((n) => message(n + 1, { cost_usd: '1' }, { session: `ses_${n}` }));
    expect((await team.call('POST', '/v1/events', batch(events))).status).toBe(202);
  }
  const { status, body } = await team.call('GET', `/v1/usage?${RANGE}&group_by=session`);
  expect([status, body.detail]).toEqual([
    400,
    'group_by: more than 20000 rows: take a shorter range, a longer step or a filter',
  ]);
  const filtered = await team.call('GET', `/v1/usage?${RANGE}&group_by=session&session=ses_7`);
  expect(filtered.body.rows).toHaveLength(1);
});

test('a ledger of before gets the sums by session that it would have had', async () => {
  const [made, filled] = MIGRATION.split(/(?=^INSERT INTO rollup_session)/m);
  const [fill] = (filled ?? '').split(/(?=^--)/m);
  const sums = 'SELECT * FROM rollup_session WHERE messages > 0 OR copied > 0 ORDER BY bucket, session, dimension';
  await fc.assert(
    fc.asyncProperty(history.chain(arrivals), async (batches) => {
      const team = await relay.team();
      for (const one of batches) await team.call('POST', '/v1/events', one);
      const before = await team.query(sums);
      await team.query(`DROP TABLE rollup_session; ${made ?? ''}`);
      expect(await team.query(sums)).toEqual([]);
      await team.query(fill ?? '');
      expect(await team.query(sums)).toEqual(before);
    }),
    { numRuns: 10 },
  );
});

test('of late spend of before the session is unknown, and the sum the same', async () => {
  const team = await relay.team();
  const old = { created_at: '2026-01-05T09:00:00.000Z', completed_at: '2026-01-05T09:00:01.000Z', cost_usd: '5' };
  await team.call('POST', '/v1/events', batch([message(1, old)], { source: source({ id: 'src_late' }) }));
  await team.query(`
    CREATE TABLE late (bucket INTEGER, dimension INTEGER, received INTEGER, cost INTEGER);
    INSERT INTO late SELECT bucket, dimension, received, cost FROM late_session;
    DROP TABLE late_session;
    DROP TABLE late_hour`);
  await team.query(MIGRATION.slice(MIGRATION.indexOf('CREATE TABLE late_spend')));
  await team.query(NEXT.slice(NEXT.indexOf('CREATE TABLE late_hour')));
  const { body } = await team.call('GET', '/v1/usage?from=2026-01-01&to=2026-02-01&group_by=session');
  expect(body.rows.map((row: Record<string, unknown>) => [row['session'], row['cost_usd'], row['late_usd']])).toEqual([
    ['ses_1', '5', '0'],
    [null, '0', '5'],
  ]);
  expect(body.total.late_usd).toBe('5');
});

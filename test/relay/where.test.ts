// Conditions and dry runs through the whole relay.
import { expect, test } from 'vitest';

import type { Source, SourceEvent } from '../../plugin/contract.ts';
import { batch, event, idle, message, source } from './builders.ts';
import { addEndpoint } from './endpoint.ts';
import { call } from './harness.ts';
import { startReceiver } from './receiver.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver();

async function send(events: readonly SourceEvent[], given: Partial<Source> = {}): Promise<void> {
  const { status, body } = await team.call('POST', '/v1/events', batch(events, { source: source(given) }));
  expect([status, body.rejected]).toEqual([202, []]);
}

const TOWN = { town: 'acme', role: 'mayor', rig: 'app', worker: null, bead: null };

/** Positions 1 to 7: Ann's, then Bob's of another project, then the mayor's. */
async function sendAll(): Promise<void> {
  await send([message(1, { cost_usd: '1.25' }), message(2, { cost_usd: '1.250000001', agent: 'plan' }), idle(3)]);
  const bobs = { id: 'src_2', member: 'bob@example.com', project: { id: 'beef', name: 'example.com/acme/web' } };
  await send([message(1, { cost_usd: '10' }), idle(2)], { ...bobs, branch: null });
  const error = { error: { name: 'APIError', status: 529 } };
  await send([event(1, 'session.error', error), idle(2)], { id: 'src_3', member: 'town', town: TOWN });
}

const CASES: readonly (readonly [object, readonly number[]])[] = [
  [{ member: 'ann@example.com' }, [1, 2, 3]],
  [{ member: { $ne: 'ann@example.com' } }, [4, 5, 6, 7]],
  [{ project: 'example.com/acme/web' }, [4, 5]],
  [{ project: 'f00d', type: 'session.idle' }, [3, 7]],
  [{ agent: 'plan' }, [2]],
  [{ cost_usd: { $gt: '1.25' } }, [2, 4]],
  [{ cost_usd: { $gte: '1.25', $lt: '10' } }, [1, 2]],
  [{ role: 'mayor' }, [6, 7]],
  [{ role: { $exists: false }, branch: null }, [4, 5]],
  [{ $or: [{ type: 'session.error' }, { cost_usd: { $gt: '5' } }] }, [4, 6]],
  [{ $not: { type: { $startsWith: 'session.' } } }, [1, 2, 4]],
  [{ 'data.error.status': { $gte: 500 } }, [6]],
  [{ member: 'nobody' }, []],
];

test('an endpoint gets what its condition holds for, and a dry run says so before', async () => {
  await sendAll();
  for (const [where, seqs] of CASES) {
    const dry = await team.call('POST', '/v1/endpoints/match', { where });
    expect([where, dry.status, dry.body.matched, dry.body.of]).toEqual([where, 200, seqs.length, 7]);
    const one = await startReceiver();
    const endpoint = await addEndpoint(team, one.url, { where, after: 0 });
    expect((await endpoint.show()).where).toEqual(where);
    await endpoint.settled();
    expect([where, one.seqs().toSorted((a, b) => a - b)]).toEqual([where, seqs]);
    await one.close();
  }
});

test('condition and types hold together, and what is not wanted is passed without an attempt', async () => {
  const endpoint = await addEndpoint(team, receiver.url, { events: ['message.*'], where: { agent: 'plan' } });
  await sendAll();
  await endpoint.settled();
  expect(receiver.seqs()).toEqual([2]);
  expect(await endpoint.attempts()).toHaveLength(1);
});

test('a change of the condition holds for what comes after the cursor, null clears it', async () => {
  const endpoint = await addEndpoint(team, receiver.url, { where: { member: 'bob@example.com' } });
  await send([idle(1)]);
  await endpoint.settled();
  expect(receiver.seqs()).toEqual([]);
  const changed = await team.call('PATCH', endpoint.path, { where: { member: 'ann@example.com' } });
  expect([changed.status, changed.body.endpoint.where]).toEqual([200, { member: 'ann@example.com' }]);
  await send([idle(2)]);
  await endpoint.settled();
  expect(receiver.seqs()).toEqual([2]);
  await team.call('PATCH', endpoint.path, { name: 'renamed' });
  expect(await endpoint.show()).toMatchObject({ name: 'renamed', where: { member: 'ann@example.com' } });
  await team.call('PATCH', endpoint.path, { where: null });
  expect((await endpoint.show()).where).toBeNull();
  await send([idle(1)], { id: 'src_2', member: 'cid@example.com' });
  await endpoint.settled();
  expect(receiver.seqs()).toEqual([2, 3]);
});

test('an endpoint that says nothing has no condition', async () => {
  expect((await (await addEndpoint(team, receiver.url)).show()).where).toBeNull();
  expect((await (await addEndpoint(team, receiver.url, { where: null })).show()).where).toBeNull();
});

test.each([
  ['"ann"', 'where: must be an object of fields, or of $and, $or, $not, got "ann"'],
  ['{}', 'where: must be an object of fields, or of $and, $or, $not, got an empty object'],
  ['{"membr": "ann"}', 'where.membr: is no field'],
  ['{"__proto__": {"$eq": 1}}', 'where.__proto__: is no field'],
  [
    '{"cost_usd": {"$gt": 1.25}}',
    'where.cost_usd.$gt: must be a decimal string in US dollars such as "1.25", got 1.25',
  ],
  ['{"$or": [{"type": "x"}, {"branch": {"$regex": "(a+)+"}}]}', 'where.$or.1.branch.$regex: is none of $eq'],
  [`{"branch": "${'x'.repeat(5_000)}"}`, 'where: must be at most 4096 bytes of JSON, got 5013'],
])('the condition %s is refused by name, wherever it is given', async (where, detail) => {
  const endpoint = await addEndpoint(team, receiver.url, { where: { member: 'ann' } });
  const url = JSON.stringify(receiver.url);
  for (const [method, path, body] of [
    ['POST', '/v1/endpoints', `{"kind": "webhook", "url": ${url}, "where": ${where}}`],
    ['PATCH', endpoint.path, `{"where": ${where}}`],
    ['POST', '/v1/endpoints/match', `{"where": ${where}}`],
    ['POST', `${endpoint.path}/match`, `{"where": ${where}}`],
  ] as const) {
    const refused = await team.call(method, path, body, { headers: { 'content-type': 'application/json' } });
    expect([refused.status, refused.body.type]).toEqual([400, 'urn:gasline:problem:body-malformed']);
    expect(refused.body.detail).toContain(detail);
  }
  expect((await endpoint.show()).where).toEqual({ member: 'ann' });
});

test('a dry run counts the newest events by type and shows the newest matches', async () => {
  await send(Array.from({ length: 150 }, (_, at) => message(at + 1, { cost_usd: at % 50 === 0 ? '2' : '0.5' })));
  await send(
    Array.from({ length: 100 }, (_, at) => idle(at + 1)),
    { id: 'src_2' },
  );
  const filter = { where: { $or: [{ cost_usd: { $gt: '1' } }, { session: 'ses_2' }] } };
  const { body } = await team.call('POST', '/v1/endpoints/match', filter);
  const message2 = { type: 'message.updated', matched: 2, of: 100 };
  expect(body).toMatchObject({ matched: 2, of: 200, types: [message2, { type: 'session.idle', matched: 0, of: 100 }] });
  expect(body.examples.map(({ seq }: { seq: number }) => seq)).toEqual([101, 51]);
  const logged = await team.call('GET', '/v1/events?after=100&limit=1');
  expect(body.examples[0]).toEqual(logged.body.events[0]);
  const all = await team.call('POST', '/v1/endpoints/match', { ...filter, last: 1_000 });
  expect(all.body).toMatchObject({ matched: 3, of: 250 });
  const few = await team.call('POST', '/v1/endpoints/match', { last: 7 });
  expect(few.body).toMatchObject({ matched: 7, of: 7, types: [{ type: 'session.idle', matched: 7, of: 7 }] });
  expect(few.body.examples).toHaveLength(5);
});

test('a dry run knows what a chat wants of itself, and of an empty log it says nothing', async () => {
  const nothing = { matched: 0, of: 0, types: [], examples: [] };
  expect((await team.call('POST', '/v1/endpoints/match', {})).body).toEqual(nothing);
  await send([message(1, { completed_at: null }), message(2), idle(3), event(4, 'session.compacted', {})]);
  expect((await team.call('POST', '/v1/endpoints/match', {})).body.matched).toBe(4);
  expect((await team.call('POST', '/v1/endpoints/match', { kind: 'slack' })).body.matched).toBe(1);
  const messages = { kind: 'slack', events: ['message.*'] };
  expect((await team.call('POST', '/v1/endpoints/match', messages)).body.matched).toBe(1);
});

test('an endpoint is tried as it is, or as it would be changed', async () => {
  await sendAll();
  const endpoint = await addEndpoint(team, receiver.url, { events: ['session.*'], where: { role: 'mayor' } });
  const tried = async (change: object) => (await team.call('POST', `${endpoint.path}/match`, change)).body.matched;
  expect(await tried({})).toBe(2);
  expect(await tried({ events: ['session.error'] })).toBe(1);
  expect(await tried({ where: null })).toBe(4);
  expect(await tried({ where: { cost_usd: { $exists: true } } })).toBe(0);
  expect(await tried({ last: 1 })).toBe(1);
  expect(await endpoint.show()).toMatchObject({ events: ['session.*'], where: { role: 'mayor' }, cursor: 7 });
  expect(receiver.deliveries).toEqual([]);
  expect((await team.call('POST', '/v1/endpoints/ep_none/match', {})).status).toBe(404);
});

test('a dry run is for whoever may read the log', async () => {
  const tokens = await Promise.all(
    ['read', 'ingest'].map((scope) => team.call('POST', '/v1/tokens', { scope, name: scope })),
  );
  const asked = tokens.map(({ body }) => call(relay.relay.url, body.token, 'POST', '/v1/endpoints/match', {}));
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 403]);
});

test.each([[{ last: 0 }], [{ last: 1_001 }], [{ last: 1.5 }], [{ kind: 'fax' }], [{ events: [] }], [{ group_s: 1 }]])(
  'a dry run of %j is refused',
  async (given) => {
    const { status, body } = await team.call('POST', '/v1/endpoints/match', given);
    expect(status).toBe(400);
    expect(body.detail).toContain(Object.keys(given)[0]);
  },
);

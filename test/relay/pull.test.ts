import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { batch, idle, source } from './builders.ts';
import { addEndpoint, post } from './endpoint.ts';
import { call } from './harness.ts';
import { keepingTeam } from './keeping.ts';
import { addPull, seqs } from './puller.ts';
import { useRelay, useTeam } from './setup.ts';

const DAY = 24 * 3_600_000;

const relay = useRelay();
const team = useTeam(relay);

async function token(scope: string): Promise<{ id: string; token: string }> {
  const { body } = await team.call('POST', '/v1/tokens', { scope, name: scope });
  return { id: body.id, token: body.token };
}

test('what is not acknowledged comes again, what is does not', async () => {
  const bridge = await addPull(team);
  await post(team, 5);
  const first = await bridge.pull('limit=2');
  expect(first.body).toEqual({
    events: (await team.call('GET', '/v1/events?limit=2')).body.events,
    next: 2,
    upto: 2,
    head: 5,
  });
  expect(seqs(await bridge.pull('limit=2'))).toEqual([1, 2]);
  expect(seqs(await bridge.pull('limit=2&after=2'))).toEqual([3, 4]);
  expect((await bridge.ack(2)).body).toEqual({ cursor: 2, behind: 3 });
  expect((await bridge.pull()).body).toMatchObject({
    events: [{ seq: 3 }, { seq: 4 }, { seq: 5 }],
    next: null,
    upto: 5,
  });
  expect((await bridge.show()).behind).toBe(3);
});

test('an acknowledgement moves the cursor never back and never past the log; back is a replay', async () => {
  const bridge = await addPull(team);
  await post(team, 5);
  await bridge.ack(4);
  expect((await bridge.ack(2)).body).toEqual({ cursor: 4, behind: 1 });
  const beyond = await bridge.ack(6);
  expect([beyond.status, beyond.body.detail]).toEqual([
    400,
    'upto: must be at most 5, the newest position in the log, got 6',
  ]);
  expect(seqs(await bridge.pull())).toEqual([5]);
  await team.call('POST', `${bridge.path}/replay`, { after: 1 });
  expect(seqs(await bridge.pull())).toEqual([2, 3, 4, 5]);
});

test('it gets the types that it asked for, and its cursor passes the others by itself', async () => {
  const bridge = await addPull(team, { events: ['session.error'], after: 0 });
  await post(team, 4, ['session.idle', 'custom.type']);
  expect((await bridge.pull()).body).toEqual({ events: [], next: null, upto: 4, head: 4 });
  expect(await bridge.show()).toMatchObject({ cursor: 4, behind: 0, waiting: 0 });
  await post(team, 4, ['session.idle', 'custom.error', 'custom.error', 'session.idle']);
  await team.call('PATCH', bridge.path, { events: ['custom.error'] });
  const { body } = await bridge.pull();
  expect([body.events.map(({ seq }: { seq: number }) => seq), body.upto]).toEqual([[6, 7], 8]);
});

test('its condition holds as for an endpoint that is called, and it holds nothing sealed', async () => {
  const bridge = await addPull(team, { where: { member: 'bob' }, after: 0 });
  await post(team, 2);
  await team.call('POST', '/v1/events', batch([idle(1)], { source: source({ id: 'src_bob', member: 'bob' }) }));
  expect(seqs(await bridge.pull())).toEqual([3]);
  await team.call('PATCH', bridge.path, { where: null });
  expect(seqs(await bridge.pull())).toEqual([1, 2, 3]);
  expect((await team.call('GET', '/v1/team')).body.previous_secret).toBeNull();
});

test('a token of scope read is enough, one of scope ingest is not, and a revoked one ends a wait', async () => {
  const bridge = await addPull(team);
  await post(team, 1);
  const [read, ingest] = [await token('read'), await token('ingest')];
  const as = (text: string, method: string, path: string, body?: object) =>
    call(relay.relay.url, text, method, `${bridge.path}${path}`, body);
  expect((await as(ingest.token, 'GET', '/events')).status).toBe(403);
  expect((await as(ingest.token, 'POST', '/ack', { upto: 1 })).status).toBe(403);
  expect(seqs(await as(read.token, 'GET', '/events'))).toEqual([1]);
  expect((await as(read.token, 'POST', '/ack', { upto: 1 })).body).toEqual({ cursor: 1, behind: 0 });
  const waiting = as(read.token, 'GET', '/events?wait=30');
  await sleep(50);
  await team.call('DELETE', `/v1/tokens/${read.id}`);
  expect([(await waiting).status, (await waiting).body.type]).toEqual([401, 'urn:gasline:problem:token-revoked']);
});

test('nothing is ever sent to it, and what is for endpoints that are called is refused', async () => {
  const bridge = await addPull(team, { name: 'town' });
  expect(bridge.made).toEqual({
    endpoint: expect.objectContaining({ kind: 'pull', name: 'town', url: null, ordered: true, events: ['*'] }),
  });
  await post(team, 3);
  await team.advance(DAY);
  expect((await team.call('GET', `${bridge.path}/attempts`)).body.attempts).toEqual([]);
  expect((await bridge.show()).behind).toBe(3);
  const refused = [
    await team.call('POST', `${bridge.path}/test`),
    await team.call('POST', `${bridge.path}/rotate`, {}),
    await team.call('PATCH', bridge.path, { url: 'https://example.com/' }),
    await team.call('PATCH', bridge.path, { ordered: false }),
    await team.call('PATCH', bridge.path, { delivery: { batch: 2 } }),
  ];
  expect(refused.map(({ status, body }) => [status, body.type])).toEqual(
    refused.map(() => [409, 'urn:gasline:problem:endpoint-kind']),
  );
  const hook = await addEndpoint(team, 'http://127.0.0.1:9/', { after: 3 });
  const pulled = await team.call('GET', `${hook.path}/events`);
  expect([pulled.status, pulled.body.detail]).toEqual([409, expect.stringContaining('a webhook is sent its events')]);
});

test('a disabled one answers nothing and its cursor stands', async () => {
  const bridge = await addPull(team);
  await post(team, 3);
  await bridge.ack(1);
  await team.call('POST', `${bridge.path}/disable`);
  for (const { status, body } of [await bridge.pull(), await bridge.ack(2)]) {
    expect([status, body.detail]).toEqual([409, 'its cursor stands at 1 until an admin enables it']);
  }
  await team.call('POST', `${bridge.path}/enable`);
  expect(seqs(await bridge.pull())).toEqual([2, 3]);
});

test('what it has not acknowledged stays in the log for a week more, then it is overtaken', async () => {
  const keeping = await keepingTeam(relay);
  const bridge = await addPull(keeping, { events: ['session.*'] });
  await post(keeping, 4);
  await keeping.keep({ log_days: 1 });
  await keeping.pass(2 * DAY);
  await post(keeping, 1);
  await keeping.pass(DAY);
  expect(seqs(await bridge.pull())).toHaveLength(5);
  expect((await keeping.state()).log.first).toBe(1);
  for (let day = 0; day < 8; day += 1) await keeping.pass(DAY);
  await until('a log that has been shortened', async () => (await keeping.state()).log.first > 1);
  expect((await bridge.show()).cursor).toBeGreaterThanOrEqual(4);
  const old = await bridge.pull('after=0');
  expect([old.status, old.body.type]).toEqual([409, 'urn:gasline:problem:archived']);
});

test('a consumer that dies at any moment has had every event at the end, in order', async () => {
  const step = fc.record({ posts: fc.nat(4), limit: fc.integer({ min: 1, max: 5 }), dies: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const one = await relay.team();
      const bridge = await addPull(one, { events: ['session.idle'] });
      const handled: number[] = [];
      const turn = async (limit: number, dies: boolean) => {
        const { body } = await bridge.pull(`limit=${limit}`);
        const got: number[] = body.events.map(({ seq }: { seq: number }) => seq);
        // Dealt with as far as it came; what it did not live to say comes again.
        handled.push(...got);
        if (!dies) await bridge.ack(body.upto);
        return body.next !== null || dies;
      };
      for (const { posts, limit, dies } of steps) {
        const posting = posts === 0 ? null : post(one, posts, ['session.idle', 'custom.type']);
        await turn(limit, dies);
        await posting;
      }
      while (await turn(3, false));
      const wanted = (await one.call('GET', '/v1/events?limit=1000&type=session.idle')).body.events;
      const firsts = handled.filter((seq, at) => handled.indexOf(seq) === at);
      expect(firsts).toEqual(wanted.map(({ seq }: { seq: number }) => seq));
    }),
    { numRuns: 12 },
  );
});

test.each([
  [{ kind: 'pull', url: 'https://example.com/' }, 'url: is not a field of this'],
  [{ kind: 'pull', ordered: true }, 'ordered: is not a field of this'],
  [{ kind: 'pull', signing: 'v1' }, 'signing: is not a field of this'],
  [{ kind: 'pull', events: ['**'] }, 'events.0: must be a type such as'],
  [
    { kind: 'pushy' },
    'kind: must be one of webhook, slack, discord, ntfy, teams, google-chat, telegram, pagerduty, email, gascity, pull, got',
  ],
  [{}, 'kind: is missing'],
])('an endpoint such as %j is refused with what to do', async (given, words) => {
  const { status, body } = await team.call('POST', '/v1/endpoints', given);
  expect([status, body.detail.slice(0, words.length)]).toEqual([400, words]);
});

test.each([
  ['GET', 'events?wait=31', undefined, 'wait: must be a whole number from 0 to 30, got 31'],
  ['GET', 'events?limit=0', undefined, 'limit: must be a whole number from 1 to 1000, got 0'],
  ['GET', 'events?upto=3', undefined, 'upto: not a parameter of this route'],
  ['POST', 'ack', {}, 'upto: is missing'],
  ['POST', 'ack', { upto: -1 }, 'upto: must be >=0'],
])('%s %s %j is refused with what to do', async (method, path, body, words) => {
  const bridge = await addPull(team);
  const refused = await team.call(method, `${bridge.path}/${path}`, body);
  expect([refused.status, refused.body.detail.slice(0, words.length)]).toEqual([400, words]);
  const nobody = await team.call(method, `/v1/endpoints/ep_none/${path.split('?')[0]}`, body && { upto: 0 });
  expect(nobody.status).toBe(404);
});

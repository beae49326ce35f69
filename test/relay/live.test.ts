import { connect } from 'node:net';
import { once } from 'node:events';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { batch, idle, source } from './builders.ts';
import { post } from './endpoint.ts';
import { follow } from './follower.ts';
import { keepingTeam } from './keeping.ts';
import { useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

const open = (manner?: Parameters<typeof follow>[2], of = team) => follow(relay.relay.url, of.token, manner);

test('it begins with what comes after it is opened, each event as the API shows it', async () => {
  await post(team, 3);
  const follower = await open();
  await post(team, 2, ['session.idle', 'custom.type']);
  await until('two events', () => follower.events.length === 2);
  expect(follower.events).toEqual((await team.call('GET', '/v1/events?after=3')).body.events);
  expect(follower.protocol).toBe('gasline');
  await follower.close();
});

test('it goes on from a position or a time, with the token in a header too', async () => {
  await post(team, 600);
  const [resumed, anew, since] = await Promise.all([
    open({ query: 'after=590', byHeader: true }),
    open({ query: 'after=0', ackEvery: 100 }),
    open({ query: 'since=2020-01-01T00:00:00Z' }),
  ]);
  await until('all', () => resumed.events.length === 10 && anew.events.length === 600 && since.events.length === 600);
  expect(resumed.seqs()).toEqual(range(591, 600));
  expect(anew.seqs()).toEqual(range(1, 600));
  await Promise.all([resumed.close(), anew.close(), since.close()]);
});

test('the log comes whole and in order, however it grows while it is read, and again after an end', async () => {
  const plan = fc.record({
    before: fc.nat(300),
    posts: fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 6 }),
    ackEvery: fc.integer({ min: 1, max: 100 }),
    cutAt: fc.nat(400),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ before, posts, ackEvery, cutAt }) => {
      const one = await relay.team();
      if (before > 0) await post(one, before);
      const total = before + posts.reduce((sum, count) => sum + count, 0);
      const first = await open({ query: 'after=0', ackEvery }, one);
      const posting = Promise.all(posts.map((count) => post(one, count)));
      await until('enough to end in the midst of', () => first.events.length >= Math.min(cutAt, total));
      await first.close();
      const held = first.seqs();
      const second = await open({ query: `after=${held.at(-1) ?? 0}`, ackEvery }, one);
      await posting;
      await until('the rest', () => held.length + second.events.length >= total);
      expect([...held, ...second.seqs()]).toEqual(range(1, total));
      await second.close();
    }),
    { numRuns: 10 },
  );
});

test('it is filtered by types, session, member and project, and by what an endpoint wants', async () => {
  const { body } = await team.call('POST', '/v1/endpoints', { kind: 'pull', events: ['session.error', 'custom.*'] });
  const { id } = body.endpoint;
  const followers = await Promise.all(
    [
      'type=session.*',
      'session=ses_2',
      'member=bob',
      'project=f00d',
      `endpoint=${id}`,
      `endpoint=${id}&member=bob`,
    ].map((query) => open({ query })),
  );
  const other = { member: 'bob', project: null };
  await team.call('POST', '/v1/events', batch([idle(1), idle(2, { session: 'ses_2' })]));
  await post(team, 1, ['custom.type']);
  const custom = { ...idle(2), type: 'custom.type', session: null };
  await team.call('POST', '/v1/events', {
    ...batch([idle(1)], { source: source({ id: 'src_bob', ...other }) }),
    events: [idle(1), custom],
  });
  const expected = [[1, 2, 4], [2], [4, 5], [1, 2, 3], [3, 5], [5]];
  for (const [at, follower] of followers.entries()) {
    await until('what is wanted', () => follower.events.length >= (expected[at]?.length ?? 0));
  }
  expect(followers.map((follower) => follower.seqs())).toEqual(expected);
  await team.call('DELETE', `/v1/endpoints/${id}`);
  await post(team, 1);
  expect((await followers.at(-1)?.ended)?.code).toBe(4404);
  await Promise.all(followers.map((follower) => follower.close()));
});

test('who acknowledges nothing is sent no more than a window, and the rest once it does', async () => {
  await post(team, 1_000);
  const follower = await open({ query: 'after=0', ackEvery: 0 });
  await until('a window', () => follower.events.length === 256);
  await post(team, 10);
  follower.send('ping');
  await until('an answer', () => follower.said.includes('pong'));
  expect(follower.seqs()).toEqual(range(1, 256));
  follower.send('{"ack":100}');
  await until('as many more', () => follower.events.length === 356);
  follower.send('ping');
  await until('another answer', () => follower.said.length === 2);
  expect(follower.seqs()).toEqual(range(1, 356));
  await follower.close();
});

test('large events count by their size', async () => {
  const data = { text: 'x'.repeat(16_000) };
  const events = range(1, 40).map((seq) => ({ ...idle(seq), type: 'custom.large', data }));
  await team.call('POST', '/v1/events', { ...batch([]), events });
  const follower = await open({ query: 'after=0', ackEvery: 0 });
  await until('a quarter of a megabyte', () => follower.events.length === 16);
  follower.send('ping');
  await until('an answer', () => follower.said.includes('pong'));
  expect(follower.seqs()).toEqual(range(1, 16));
  follower.send('{"ack":16}');
  await until('as many more', () => follower.events.length === 32);
  expect(follower.seqs()).toEqual(range(1, 32));
  await follower.close();
});

test('it ends with its token, at once, and others go on', async () => {
  const { body } = await team.call('POST', '/v1/tokens', { scope: 'read', name: 'dashboard' });
  const [gone, stays] = await Promise.all([follow(relay.relay.url, body.token), open()]);
  // On one machine workerd says the end at once, but closes the connection at once only where it has heard something.
  gone.send('{"ack":0}');
  gone.send('ping');
  await until('an answer', () => gone.said.length === 1);
  await team.call('DELETE', `/v1/tokens/${body.id}`);
  expect(await gone.ended).toEqual({ code: 4401, reason: 'the token has been revoked' });
  await post(team, 1);
  await until('an event', () => stays.events.length === 1);
  expect(gone.events).toEqual([]);
  await expect(follow(relay.relay.url, body.token)).rejects.toThrow('refused');
  await stays.close();
});

test.each(['hello', '{"ack":-1}', '{"ack":"1"}', '[]'])('it ends where it is sent %s', async (text) => {
  const follower = await open();
  follower.send(text);
  expect((await follower.ended).code).toBe(4400);
});

test('it ends where the events that come next are in the archive, and does not begin there', async () => {
  const keeping = await keepingTeam(relay);
  const day = 24 * 3_600_000;
  await post(keeping, 300);
  await keeping.keep({ log_days: 1 });
  const slow = await open({ query: 'after=0', ackEvery: 0 }, keeping);
  await until('a window', () => slow.events.length === 256);
  await keeping.pass(2 * day);
  await post(keeping, 1);
  await keeping.pass(day);
  await until('a log that has been shortened', async () => (await keeping.state()).log.first > 300);
  slow.send('{"ack":256}');
  expect((await slow.ended).code).toBe(4409);
  const refused = await upgrade('after=0', { authorization: `Bearer ${keeping.token}` });
  expect([refused.status, refused.body.type]).toEqual([409, 'urn:gasline:problem:archived']);
});

test('a team has a hundred of them at most', async () => {
  const followers = await Promise.all(range(1, 100).map(() => open()));
  const refused = await upgrade('', { authorization: `Bearer ${team.token}` });
  expect([refused.status, refused.body.detail]).toEqual([429, 'the team has 100 live streams: close one']);
  await followers[0]?.close();
  const one = await until('a free place', () => open().catch(() => null));
  await Promise.all([...followers.slice(1), one].map((follower) => follower.close()));
});

/** A handshake by hand, whose refusal can be read, which no WebSocket shows. */
async function upgrade(query: string, headers: Record<string, string>) {
  const socket = connect(Number(relay.relay.url.port), '127.0.0.1');
  const all = {
    host: relay.relay.url.host,
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET /v1/stream?${query} HTTP/1.1\r\n${lines.join('')}\r\n`);
  let text = '';
  socket.on('data', (bytes) => (text += bytes.toString()));
  await until('an answer', () => /\r\n\r\n[^]*\}/.test(text) || text.startsWith('HTTP/1.1 101'));
  socket.destroy();
  await once(socket, 'close');
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const body = /\{[^]*\}/.exec(rest.join(''))?.[0];
  return { status: Number(head.split(' ')[1]), head, body: body === undefined ? null : JSON.parse(body) };
}

test('a handshake that cannot be is refused with what to do', async () => {
  const bearer = { authorization: `Bearer ${team.token}` };
  const { body } = await team.call('POST', '/v1/tokens', { scope: 'ingest', name: 'plugin' });
  const plain = await team.call('GET', '/v1/stream');
  expect([plain.status, plain.body.type]).toEqual([426, 'urn:gasline:problem:upgrade-needed']);
  const refused = [
    await upgrade('', {}),
    await upgrade('', { authorization: 'Bearer gl_wrong' }),
    await upgrade('', { 'sec-websocket-protocol': `other, ${team.token}` }),
    await upgrade('', { authorization: `Bearer ${body.token}` }),
    await upgrade('type=%2A%2A', bearer),
    await upgrade(`type=${'a.b,'.repeat(600)}c`, bearer),
    await upgrade('after=7', bearer),
    await upgrade('after=0&since=2026-11-01T00:00:00Z', bearer),
    await upgrade('endpoint=ep_none', bearer),
    await upgrade(`token=${team.token}`, bearer),
  ];
  expect(refused.map(({ status, body }) => [status, body.detail.slice(0, 40)])).toEqual([
    [401, 'send the header "Authorization: Bearer g'],
    [401, 'it does not have the form gl_…: copy it '],
    [401, 'send the header "Authorization: Bearer g'],
    [403, 'this needs a token of scope read, got on'],
    [400, 'type: must be event types such as sessio'],
    [400, 'type: must be at most 2000 characters'],
    [400, 'after: must be at most 0, the newest pos'],
    [400, 'since: stands in place of after, so give'],
    [404, 'there is no such endpoint any more'],
    [400, 'token: not a parameter of this route, wh'],
  ]);
  const taken = await upgrade('', { 'sec-websocket-protocol': `gasline, ${team.token}` });
  expect([taken.status, /^sec-websocket-protocol: gasline$/im.test(taken.head)]).toEqual([101, true]);
  expect((await upgrade('', bearer)).head).not.toMatch(/sec-websocket-protocol/i);
});

import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

import { batch, idle } from './builders.ts';
import { call, type Reply } from './harness.ts';
import { useOnce, useRelay } from './setup.ts';

const relay = useRelay();
const team = useOnce(() => relay.team());

/** Status and kind of a problem; anything that is not a whole problem document shows itself. */
function problemOf({ status, headers, body }: Reply): string {
  const isWhole =
    headers.get('content-type') === 'application/problem+json' &&
    body.status === status &&
    body.title?.length > 9 &&
    body.detail?.length > 9;
  return isWhole ? `${status} ${body.type.replace('urn:gasline:problem:', '')}` : `${status} ${JSON.stringify(body)}`;
}

function post(body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Reply> {
  return team.call('POST', '/v1/events', body, { headers });
}

const good = JSON.stringify(batch([idle(1)]));

test('gzip is taken, in either spelling', async () => {
  for (const encoding of ['gzip', 'x-gzip', 'GZIP', ' gzip ']) {
    expect((await post(gzipSync(good), { 'content-encoding': encoding })).status).toBe(202);
  }
  expect((await post(good, { 'content-encoding': 'identity' })).status).toBe(202);
});

test.each(['br', 'deflate', 'zstd', 'gzip, gzip', 'x'])('the encoding %s is not understood', async (encoding) => {
  expect(problemOf(await post(good, { 'content-encoding': encoding }))).toBe('415 body-encoding');
});

test.each([
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/jsonx',
  'json',
  'application/json; charset=iso-8859-1',
  'application/json;charset="UTF-16"',
  '',
])('the content type %j is not JSON', async (type) => {
  expect(problemOf(await post(good, { 'content-type': type }))).toBe('415 body-type');
});

test.each([
  'application/json; charset=utf-8',
  'application/json;charset="UTF-8"',
  'Application/JSON',
  'application/vnd.gasline+json',
])('the content type %s is JSON', async (type) => {
  expect((await post(good, { 'content-type': type })).status).toBe(202);
});

test('gzip that is cut short, spoilt or none at all is malformed', async () => {
  const zipped = gzipSync(good);
  const spoilt = Uint8Array.from(zipped, (byte, index) => (index === zipped.length - 6 ? byte ^ 0xff : byte));
  for (const body of [zipped.subarray(0, -9), zipped.subarray(0, 12), spoilt, Buffer.from(good)]) {
    expect(problemOf(await post(body, { 'content-encoding': 'gzip' }))).toBe('400 body-malformed');
  }
});

test('a body past a megabyte is refused at once, plain or out of a kilobyte of gzip', async () => {
  const before = performance.now();
  expect(problemOf(await post(' '.repeat(1_000_001)))).toBe('413 body-size');
  expect(problemOf(await post(' '.repeat(20_000_000)))).toBe('413 body-size');
  const bomb = gzipSync(Buffer.alloc(200_000_000), { level: 9 });
  expect(bomb.length).toBeLessThan(300_000);
  const zipped = performance.now();
  expect(problemOf(await post(bomb, { 'content-encoding': 'gzip' }))).toBe('413 body-size');
  expect(performance.now() - zipped).toBeLessThan(2_000);
  expect(performance.now() - before).toBeLessThan(10_000);
  expect((await post(good + ' '.repeat(1_000_000 - good.length))).status).toBe(202);
});

test('a body that does not say how long it is is counted as it comes', async () => {
  let chunks = 0;
  const long = new ReadableStream<Uint8Array>({
    async pull(to) {
      await setImmediate();
      chunks += 1;
      if (chunks > 16) to.close();
      else to.enqueue(new Uint8Array(65_536).fill(0x20));
    },
  });
  const headers = { 'content-type': 'application/json' };
  const reply = await team.call('POST', '/v1/events', undefined, { body: long, duplex: 'half', headers });
  expect(problemOf(reply)).toBe('413 body-size');
});

test('no body at all is malformed', async () => {
  expect(problemOf(await post('', { 'content-type': 'application/json' }))).toBe('400 body-malformed');
});

test.each([
  ['GET', '/'],
  ['GET', '/v1'],
  ['GET', '/v1/event'],
  ['GET', '/v1/events/1'],
  ['GET', '/v1//events'],
  ['GET', '/v1/events/'],
  ['GET', '/v1/%65vent'],
  ['GET', '/v1/sessions/none'],
  ['GET', '/v1/sessions/%ff%00'],
  ['GET', '/v1/endpoints/ep_none'],
  ['GET', '/v1/endpoints/ep_none/attempts'],
  ['POST', '/v1/endpoints/ep_none/test'],
  ['DELETE', '/v1/endpoints/ep_none'],
  ['DELETE', '/v1/tokens/none'],
])('there is nothing at %s %s', async (method, path) => {
  expect(problemOf(await team.call(method, path))).toBe('404 not-found');
});

test.each([
  ['PUT', '/v1/events', 'GET, HEAD, POST'],
  ['DELETE', '/v1/events', 'GET, HEAD, POST'],
  ['POST', '/v1/usage', 'GET, HEAD'],
  ['PATCH', '/v1/tokens/x', 'DELETE'],
  ['PUT', '/v1/endpoints/ep_1', 'DELETE, GET, HEAD, PATCH'],
  ['GET', '/v1/endpoints/ep_1/test', 'POST'],
  ['POST', '/healthz', 'GET, HEAD'],
  ['OPTIONS', '/v1/events', 'GET, HEAD, POST'],
])('%s %s is not allowed, and the answer says what is', async (method, path, allow) => {
  const reply = await team.call(method, path);
  expect(problemOf(reply)).toBe('405 method-not-allowed');
  expect(reply.headers.get('allow')).toBe(allow);
});

test('the path of a middleware is none of a route', async () => {
  expect(problemOf(await team.call('GET', '/v1/*'))).toBe('404 not-found');
});

test('HEAD answers as GET does, without a body', async () => {
  const reply = await team.call('HEAD', '/v1/team');
  expect([reply.status, reply.body]).toEqual([200, '']);
  expect((await call(relay.relay.url, null, 'HEAD', '/v1/team')).status).toBe(401);
});

test('the relay says that it is well and ready to whoever asks', async () => {
  expect((await call(relay.relay.url, null, 'GET', '/healthz')).body).toEqual({ status: 'ok' });
  expect((await call(relay.relay.url, null, 'GET', '/readyz')).body).toEqual({ status: 'ready' });
});

test.each([
  ['/v1/events?limt=1', 'limt: not a parameter of this route, which takes after, since, type'],
  ['/v1/events?limit=0', 'limit: must be a whole number from 1 to 1000, got 0'],
  ['/v1/events?limit=1001', 'limit: '],
  ['/v1/events?limit=1&limit=2', 'limit: '],
  ['/v1/events?after=-1', 'after: '],
  ['/v1/events?after=1e3', 'after: '],
  ['/v1/events?type=**', 'type: must be event types such as session.idle or session.*, got **'],
  [`/v1/events?session=${'x'.repeat(257)}`, 'session: must be at most 256 characters'],
  ['/v1/sessions?sort=name', 'sort: must be one of recent, cost, got name'],
  ['/v1/sessions?__proto__=1', '__proto__: '],
  ['/v1/sources?limit=ten', 'limit: '],
  ['/v1/usage?zone=Mars/Olympus', 'zone: must be an IANA time zone such as Europe/Berlin, got Mars/Olympus'],
  ['/v1/usage?zone=%2B01:07', 'zone: '],
  ['/v1/usage?step=minute', 'step: must be one of hour, day, week, month, got minute'],
  ['/v1/usage?group_by=member,member', 'group_by: '],
  ['/v1/usage?group_by=member,model,agent', 'group_by: '],
  ['/v1/usage?group_by=secret', 'group_by: '],
  ['/v1/usage?group_by=member%27--', 'group_by: '],
  ['/v1/usage?from=tomorrow', 'from: must be a date such as 2026-11-22 or a time such as'],
  ['/v1/usage?from=2026-02-30', 'from: '],
  ['/v1/usage?from=2026-11-20T09:07:00Z', 'from: must be a multiple of 15 minutes'],
  ['/v1/usage?from=2026-11-20&to=2026-11-19', 'to: must not lie before from'],
  ['/v1/usage?from=0001-01-01', 'from: must lie between 1970 and 2200'],
  ['/v1/usage?to=%2B275760-09-13T00:00:00Z&step=day', 'to: must lie between 1970 and 2200'],
  [
    '/v1/usage?from=2000-01-01&to=2100-01-01&step=hour',
    'step: the range has too many steps of a hour: take a longer step',
  ],
  ['/v1/endpoints/ep_none/attempts?outcome=lost', 'outcome: '],
])('GET %s is refused with what to do', async (path, words) => {
  const reply = await team.call('GET', path);
  expect(problemOf(reply)).toBe('400 query-malformed');
  expect(reply.body.detail.slice(0, words.length)).toBe(words);
});

test('an empty parameter is as good as none', async () => {
  const { status, body } = await team.call('GET', '/v1/usage?group_by=&step=&from=2026-11-20&to=2026-11-20');
  expect([status, body.rows, body.total.cost_usd]).toEqual([200, [], '0']);
});

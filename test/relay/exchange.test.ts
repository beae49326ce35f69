import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { batch, source } from './builders.ts';
import { addEndpoint, post, type TestEndpoint } from './endpoint.ts';
import { call, type Reply } from './harness.ts';
import { useEach, useReceiver, useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver();

async function attempt(endpoint: TestEndpoint, name: string): Promise<Reply['body']> {
  const { status, body } = await team.call('GET', `${endpoint.path}/attempts/${name}`);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.attempt;
}

async function read(path: string): Promise<Reply['body']> {
  const { body } = await team.call('POST', '/v1/tokens', { scope: 'read', name: 'reader' });
  return (await call(relay.relay.url, body.token, 'GET', path)).body;
}

/** An event of a type that nobody knows, with whatever a source may say. */
async function say(...said: readonly object[]): Promise<void> {
  const time = new Date().toISOString();
  const events = said.map((data, at) => ({
    seq: at + 1,
    id: `e${at}`,
    type: 'custom.type',
    time,
    session: null,
    data,
  }));
  const sent = { ...batch([], { source: source({ id: `src_${(sources += 1)}` }) }), events };
  const { status, body } = await team.call('POST', '/v1/events', sent);
  expect([status, body.accepted]).toEqual([202, said.length]);
}
let sources = 0;

const HOSTILE = {
  words: `it's "$HOME" \`id\` $(id) \\ \n \u0000 \u001b[31m 😀 é & ; | # %s`,
  "'": "''",
  '@': '@/etc/passwd',
};

test('an attempt shows what the receiver was sent and what it said', async () => {
  receiver.answer(() => ({ status: 500, headers: { 'x-why': 'full', 'set-cookie': 'a=b' }, body: 'disk is full' }));
  const endpoint = await addEndpoint(team, `${receiver.url}hooks/one`);
  await say(HOSTILE);
  await endpoint.attempted(1);
  const shown = await attempt(endpoint, '1.1');
  const [delivery] = receiver.deliveries;
  expect(shown).toMatchObject({
    attempt: '1.1',
    event: `${team.id}-1`,
    endpoint: endpoint.id,
    outcome: 'retry',
    status: 500,
    detail: 'answered 500: disk is full',
    with: null,
    request: { method: 'POST', url: `${receiver.url}hooks/one`, body: delivery?.body, whole: true },
    response: { status: 500, body: 'disk is full', whole: false },
  });
  expect(delivery?.headers).toMatchObject(shown.request.headers);
  expect(shown.response.headers).toMatchObject({ 'x-why': 'full', date: expect.any(String) });
  expect(Object.keys(shown.response.headers)).not.toContain('set-cookie');
  expect(Date.parse(shown.next_at)).toBeGreaterThan(Date.parse(shown.at));
});

test('whoever may only read sees where it went, and no command', async () => {
  const endpoint = await addEndpoint(team, `${receiver.url}hooks/one`);
  await post(team, 1);
  await endpoint.settled();
  const { attempt: shown } = await read(`${endpoint.path}/attempts/1.1`);
  expect([shown.request.url, shown.curl]).toEqual([new URL(receiver.url).origin, null]);
  expect(shown.request.body).toBe(receiver.deliveries[0]?.body);
});

test('the command of an admin makes sh send the same bytes once more', async () => {
  const endpoints = [
    await addEndpoint(team, `${receiver.url}hooks/it's?a=$HOME&b={1,2}[3-4]`),
    await addEndpoint(team, `${receiver.url}services/T1/B1/x`, { kind: 'slack', events: ['*'] }),
    await addEndpoint(team, `${receiver.url}batches`, { delivery: { batch: 5, format: 'cloudevents' } }),
  ];
  await say(HOSTILE);
  for (const endpoint of endpoints) await endpoint.settled();
  const before = receiver.deliveries.length;
  for (const endpoint of endpoints) {
    const { curl, request } = await attempt(endpoint, '1.1');
    const sent = receiver.deliveries.find(({ body }) => body === request.body);
    const count = receiver.deliveries.length;
    // The receiver runs in this process: it must not wait for the command.
    const child = spawnSync('sh', ['-c', `(${curl}) >/dev/null 2>&1 &`], { encoding: 'utf8' });
    expect(child.status).toBe(0);
    await until('what the command sends', () => receiver.deliveries.length > count);
    const again = receiver.deliveries.at(-1);
    expect([again?.path, again?.body]).toEqual([sent?.path, sent?.body]);
    expect(again?.headers).toMatchObject(request.headers);
    expect(again?.headers['content-length']).toBe(sent?.headers['content-length']);
  }
  expect(receiver.deliveries.length).toBe(before + endpoints.length);
});

test('what is said to a kind whose URL is its secret is blotted out, and no command is made of it', async () => {
  const url = `${receiver.url}integration/${'0a'.repeat(16)}/enqueue`;
  const endpoint = await addEndpoint(team, url, { kind: 'pagerduty', events: ['custom.type'] });
  await say({});
  await endpoint.settled();
  const shown = await attempt(endpoint, '1.1');
  expect(receiver.deliveries[0]?.event.routing_key).toBe('0a'.repeat(16));
  expect(JSON.parse(shown.request.body).routing_key).toBe('…');
  expect(shown).toMatchObject({ request: { url: `${receiver.url}v2/enqueue`, whole: false }, curl: null });
});

test('of an endpoint that was moved only the place is shown that an attempt went to', async () => {
  const endpoint = await addEndpoint(team, `${receiver.url}hooks/one`);
  await post(team, 1);
  await endpoint.settled();
  await team.call('PATCH', endpoint.path, { url: 'http://localhost:9/hooks/two' });
  expect(await attempt(endpoint, '1.1')).toMatchObject({
    request: { url: new URL(receiver.url).origin, body: receiver.deliveries[0]?.body },
    curl: null,
  });
});

test('a batch is kept once, and each of its attempts shows it', async () => {
  let refusals = 1;
  receiver.answer(() => ({ status: refusals-- > 0 ? 500 : 204 }));
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { batch: 10 } });
  await post(team, 10);
  await endpoint.attempted(10);
  await team.advance(7_000);
  await endpoint.settled();
  const [first, last] = [await attempt(endpoint, '1.2'), await attempt(endpoint, '10.2')];
  expect([first.with, last.with]).toEqual([null, '1.2']);
  expect(last.request).toEqual(first.request);
  expect(last.request.body).toBe(receiver.deliveries[1]?.body);
  expect(last.curl).toBe(first.curl);
  expect((await attempt(endpoint, '10.1')).with).toBe('1.1');
  const [kept] = await team.query('SELECT sum(length(exchange)) AS size FROM attempt WHERE seq > 1');
  expect(kept?.['size']).toBeLessThan(18 * 50);
});

test('what was not answered has no response, and what was tried before this was kept no request', async () => {
  const deaf = await addEndpoint(team, receiver.url, { delivery: { timeout_s: 1 } });
  receiver.answer(() => 'silence');
  await post(team, 1);
  await deaf.attempted(1);
  const shown = await attempt(deaf, '1.1');
  expect(shown).toMatchObject({ status: null, detail: 'no answer within 1 s', response: null });
  expect(shown.request.body).toBe(receiver.deliveries[0]?.body);
  await team.query('UPDATE attempt SET exchange = NULL');
  expect(await attempt(deaf, '1.1')).toMatchObject({ request: null, response: null, curl: null });
});

test.each([
  [4_095, 4_095, true],
  [4_096, 4_096, true],
  [4_097, 4_096, false],
])('of an answer of %i characters %i are kept, whether it says how long it is or not', async (length, kept, whole) => {
  const body = 'é'.repeat(length);
  const headers = { 'transfer-encoding': 'chunked' };
  receiver.answer(({ event }) => ({ status: 200, body, ...(event.seq === 1 ? { headers } : {}) }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 2);
  await endpoint.settled();
  for (const name of ['1.1', '2.1']) {
    const { response } = await attempt(endpoint, name);
    expect([response.body.length, response.whole]).toEqual([kept, whole]);
    expect(response.body).toMatch(whole ? /^é+$/ : /^é+…$/);
  }
});

/** Whatever bytes a receiver may answer with. */
const raw = useEach(
  async () => {
    let answer = Buffer.alloc(0);
    const server = createServer((socket) => {
      socket.on('data', () => socket.end(answer)).on('error', () => socket.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://127.0.0.1:${port}/`,
      says(bytes: Buffer<ArrayBuffer>) {
        answer = bytes;
      },
      close: () => server.close(),
    };
  },
  ({ close }) => close(),
);

test.each([
  [
    'bytes that are no UTF-8',
    Buffer.concat([Buffer.from('content-length: 4\r\n\r\n'), Buffer.from([0xff, 0xfe, 0x41, 0xc3])]),
  ],
  [
    'a body with every control character',
    Buffer.from(`content-length: 32\r\n\r\n${String.fromCodePoint(...Array(32).keys())}`),
  ],
  [
    'a header that is no ASCII',
    Buffer.concat([Buffer.from('x-odd: '), Buffer.from([0xff, 0xe9]), Buffer.from('\r\n\r\n')]),
  ],
  ['many headers', Buffer.from(`${Array.from({ length: 80 }, (_, at) => `x-${at}: ${at}\r\n`).join('')}\r\n`)],
  ['a header that is long', Buffer.from(`x-long: ${'y'.repeat(8_000)}\r\nx-short: z\r\n\r\n`)],
  ['names of a prototype', Buffer.from('__proto__: a\r\nconstructor: b\r\n\r\n')],
  ['a header within a header', Buffer.from("x-quote: ' \\' \" $(id)\r\n folded: yes\r\n\r\n")],
])('%s in an answer break nothing', async (_, rest) => {
  raw.says(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nconnection: close\r\n'), rest]));
  const endpoint = await addEndpoint(team, raw.url, { delivery: { retry_schedule_s: [] } });
  await post(team, 1);
  await endpoint.attempted(1);
  const shown = await attempt(endpoint, '1.1');
  // workerd itself refuses what is no HTTP: then no answer came.
  expect(['delivered', 'exhausted']).toContain(shown.outcome);
  const { headers = {}, body = '' } = shown.response ?? {};
  expect(Object.keys(headers).length).toBeLessThanOrEqual(50);
  expect(JSON.stringify(headers).length).toBeLessThan(6_000);
  expect(`${body}${JSON.stringify(headers)}`.isWellFormed()).toBe(true);
  expect(shown.curl).toContain(raw.url);
});

test('a window of the largest events and the longest answers is recorded, its last without bodies', async () => {
  receiver.answer(() => ({ status: 200, body: '\u0001'.repeat(5_000) }));
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { format: 'cloudevents' } });
  await team.call('POST', `${endpoint.path}/disable`);
  const large = { text: '"\\'.repeat(3_900) + '😀' };
  for (let few = 0; few < 5; few += 1) await say(...Array.from({ length: 50 }, () => large));
  await team.call('POST', `${endpoint.path}/enable`);
  await endpoint.settled();
  const made = await endpoint.attempts('outcome=delivered&limit=1000');
  expect(made).toHaveLength(250);
  const [first, last] = [await attempt(endpoint, made[0].attempt), await attempt(endpoint, made.at(-1).attempt)];
  expect(first.request.body).toContain('😀');
  expect(last).toMatchObject({ request: { body: '', whole: false }, response: { body: '', whole: false }, curl: null });
});

test('an attempt that is not there is not found', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 1);
  await endpoint.settled();
  for (const name of ['1.2', '2.1', '1', 'x', '1.1.1', '-1.1']) {
    const { status, body } = await team.call('GET', `${endpoint.path}/attempts/${name}`);
    expect([status, body.type]).toEqual([404, 'urn:gasline:problem:not-found']);
  }
  expect((await team.call('GET', '/v1/endpoints/ep_none/attempts/1.1')).status).toBe(404);
});

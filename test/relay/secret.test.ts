// Words that must be nowhere but with whoever made them: in an endpoint's URL, and its signing secret. They go through everything
// that can go wrong with a delivery, in the relay as a person runs it.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Child } from '../support/child.ts';
import { close, listen } from '../support/listen.ts';
import { until } from '../support/until.ts';
import { batch, idle } from './builders.ts';
import { call, type Reply } from './harness.ts';
import { startReceiver, type Answer, type Receiver } from './receiver.ts';
import { useRelayProcess } from './setup.ts';

const CANARIES = [
  'canaryOfThePath',
  'canaryOfTheQuery',
  'canaryOfARedirect',
  'canaryOfABot',
  'canaryOfATopic',
  'canaryOfACookie',
];
const PATH = `services/T01/B01/${CANARIES[0]}`;
const QUERY = `?token=${CANARIES[1]}`;

const ANSWERS: readonly (readonly [string, Answer])[] = [
  ['a page that names the path', { status: 404, body: `<pre>Cannot POST /${PATH}${QUERY}</pre>` }],
  ['JSON that names the query', { status: 400, body: JSON.stringify({ error: `bad token ${CANARIES[1]}` }) }],
  ['a page that is cut within it', { status: 500, body: `${'x'.repeat(500)}/${PATH}` }],
  ['a long page that is cut within it', { status: 500, body: `${'x'.repeat(4_070)}/${PATH}${'y'.repeat(1_000)}` }],
  [
    'headers that repeat it',
    { status: 200, headers: { 'x-echo': `/${PATH}`, link: `<${QUERY}>`, 'set-cookie': CANARIES[5] ?? '' } },
  ],
  ['a redirect', { status: 302, headers: { location: `/${PATH}/${QUERY}` } }],
  [
    'a redirect elsewhere',
    {
      status: 307,
      headers: { location: `https://example.com/?back=${CANARIES[2]}` },
      body: `<a href="https://example.com/?back=${CANARIES[2]}">`,
    },
  ],
  ['a receiver that is gone', { status: 410, body: `/${PATH} is gone` }],
  ['one that is busy', { status: 429, headers: { 'retry-after': '1' }, body: QUERY }],
  ['a broken connection', 'reset'],
];

const relay = useRelayProcess();
let child: Child;
let receiver: Receiver;
let reader: string;
const secrets: string[] = [];
beforeAll(async () => {
  child = await relay.start();
  receiver = await startReceiver();
  reader = JSON.parse(readFileSync(join(relay.dataDir, 'tokens.json'), 'utf8')).tokens.read;
});
afterAll(() => receiver.close());

async function add(kind: string, base: string): Promise<string> {
  const url = `${base}${PATH}${QUERY}`;
  const { status, body } = await relay.call('admin', 'POST', '/v1/endpoints', { kind, url });
  expect([status, body.endpoint.url]).toEqual([201, url]);
  if (body.secret !== undefined) secrets.push(body.secret.slice('whsec_'.length));
  return body.endpoint.id;
}

/** All that whoever may read can see. */
async function readable(): Promise<string> {
  const seen: Reply['body'][] = [];
  for (const path of ['/v1/endpoints', '/v1/events', '/v1/team', '/v1/sources', '/v1/retention']) {
    seen.push((await call(relay.url, reader, 'GET', path)).body);
  }
  for (const { id } of seen[0].endpoints) {
    seen.push((await call(relay.url, reader, 'GET', `/v1/endpoints/${id}`)).body);
    const { attempts } = (await call(relay.url, reader, 'GET', `/v1/endpoints/${id}/attempts`)).body;
    seen.push(attempts);
    for (const { attempt } of attempts) {
      const shown = (await call(relay.url, reader, 'GET', `/v1/endpoints/${id}/attempts/${attempt}`)).body.attempt;
      // Whatever was kept is shown, or this proves nothing.
      expect(shown).toMatchObject({ attempt, request: { method: 'POST' } });
      seen.push(shown);
    }
  }
  return JSON.stringify(seen);
}

function expectNone(where: string, text: string): void {
  for (const secret of [...CANARIES, ...secrets])
    expect([where, secret, text.includes(secret)]).toEqual([where, secret, false]);
  // Nor the better part of one, where it was cut.
  for (const canary of CANARIES) expect([where, text.includes(canary.slice(0, 12))]).toEqual([where, false]);
}

async function free(): Promise<string> {
  const server = createServer();
  const url = await listen(server);
  await close(server);
  return url.href;
}

/** Only an admin can test, and sees the URL in one place, and in the command that is made of it. */
async function expectTest(id: string) {
  const { body } = await relay.call('admin', 'POST', `/v1/endpoints/${id}/test`);
  const { curl, request, ...rest } = body;
  expect(curl).toContain(request.url);
  expectNone('a test', JSON.stringify({ ...rest, request: { ...request, url: null } }));
  return body;
}

let events = 0;
test.each(ANSWERS)('%s tells nothing of it', async (_, answer) => {
  receiver.answer(() => answer);
  const made = [await add('webhook', receiver.url), await add('slack', receiver.url)];
  events += 1;
  expect((await relay.call('ingest', 'POST', '/v1/events', batch([idle(events)]))).status).toBe(202);
  for (const id of made) {
    const attempts = await until('an attempt', async () => {
      const { body } = await relay.call('admin', 'GET', `/v1/endpoints/${id}/attempts`);
      return body.attempts.length > 0 && body;
    });
    expectNone('attempts', JSON.stringify(attempts));
    await expectTest(id);
    await relay.call('admin', 'POST', `/v1/endpoints/${id}/disable`);
  }
  expectNone('what a reader sees', await readable());
});

test('what has to name a part of it to the receiver tells nobody else', async () => {
  receiver.answer(({ body }) => ({ status: 400, body }));
  const urls = {
    telegram: `${receiver.url}bot1:${CANARIES[3]}/sendMessage?chat_id=@${CANARIES[3]}`,
    ntfy: `${receiver.url}${CANARIES[4]}`,
  };
  for (const [kind, url] of Object.entries(urls)) {
    const { body } = await relay.call('admin', 'POST', '/v1/endpoints', { kind, url });
    events += 1;
    expect((await relay.call('ingest', 'POST', '/v1/events', batch([idle(events)]))).status).toBe(202);
    const { path } = await until('an attempt', () =>
      receiver.deliveries.find(
        ({ body }) =>
          CANARIES.some((canary) => body.includes(canary)) && body.includes(kind === 'ntfy' ? 'Topic' : 'Bot'),
      ),
    );
    expect(path).not.toBe('');
    await relay.call('admin', 'POST', `/v1/endpoints/${body.endpoint.id}/disable`);
  }
  expectNone('what a reader sees', await readable());
});

test('nobody at the address tells nothing of it', async () => {
  const id = await add('webhook', await free());
  expect((await expectTest(id)).outcome.kind).toBe('retry');
});

test('an admin who asks sees the URL, nobody else does', async () => {
  const { endpoints } = (await relay.call('admin', 'GET', '/v1/endpoints')).body;
  expect(endpoints[0].url).toBe(`${receiver.url}${PATH}${QUERY}`);
  const read = (await call(relay.url, reader, 'GET', '/v1/endpoints')).body.endpoints;
  expect(read[0].url).toBe(new URL(receiver.url).origin);
});

test('nothing of it is on the disk or in the log of the relay', async () => {
  child.kill('SIGTERM');
  const { stdout, stderr } = await child.exited;
  expect(stdout).toContain('is listening');
  expectNone('stdout', stdout);
  expectNone('stderr', stderr);
  const files = readdirSync(relay.dataDir, { recursive: true, encoding: 'utf8' }).map((name) =>
    join(relay.dataDir, name),
  );
  const bytes = files.filter((file) => statSync(file).isFile()).map((file) => readFileSync(file, 'latin1'));
  expect(bytes.join('').length).toBeGreaterThan(50_000);
  expectNone('the data folder', bytes.join('\n'));
});

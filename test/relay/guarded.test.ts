// A relay whose endpoints must be public, with a resolver on loopback that says where names lead. No name of the tests exists:
// what is let pass fails at the connection, which the words of the attempt tell.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { startResolver, type Resolver } from '../support/resolver.ts';
import { addEndpoint, post } from './endpoint.ts';
import { startTestRelay, type TestRelay, type TestTeam } from './harness.ts';
import { startReceiver } from './receiver.ts';

let resolver: Resolver;
let relay: TestRelay;
let team: TestTeam;
beforeAll(async () => {
  resolver = await startResolver();
  relay = await startTestRelay({
    allowPrivateEndpoints: false,
    publicHosts: ['relay.example.com'],
    names: { dohUrl: resolver.url, fail: 'open' },
  });
});
afterAll(async () => {
  await relay.close();
  await resolver.close();
});
beforeEach(async () => {
  team = await relay.team();
});

let names = 0;
const newName = () => `n${(names += 1)}.guarded.example.com`;
const PUBLIC = [{ type: 'A', data: '93.184.215.14' }] as const;
const PRIVATE = [...PUBLIC, { type: 'AAAA', data: 'fd00::7' }] as const;
const TWO_MINUTES = 120_000;

test('no endpoint is made where one address of its name is private, nor moved there', async () => {
  const [good, bad] = [newName(), newName()];
  resolver.say(good, PUBLIC);
  resolver.say(bad, PRIVATE);
  const endpoint = await addEndpoint(team, `https://${good}/hook`);
  for (const [method, path, given] of [
    ['POST', '/v1/endpoints', { kind: 'webhook' }],
    ['PATCH', endpoint.path, {}],
  ] as const) {
    const { status, body } = await team.call(method, path, { ...given, url: `https://${bad}/hook` });
    expect([status, body.detail]).toEqual([400, `url must lead to public addresses alone, ${bad} leads to fd00::7`]);
  }
  const missing = await team.call('POST', '/v1/endpoints', { kind: 'webhook', url: `https://${newName()}/` });
  expect([missing.status, missing.body.detail]).toEqual([400, expect.stringContaining('has no address')]);
  expect((await endpoint.show()).url).toBe(`https://${good}/hook`);
});

test('a name that turns is not called, tried again by the schedule, and neither tested, replayed nor enabled', async () => {
  const name = newName();
  resolver.say(name, 'reset');
  // What cannot be looked up now is looked up before each attempt.
  const endpoint = await addEndpoint(team, `https://${name}/hook`);
  resolver.say(name, PRIVATE);
  const turned = `url must lead to public addresses alone, ${name} leads to fd00::7`;
  const tested = await eventually(() => team.call('POST', `${endpoint.path}/test`), turned);
  expect(tested.body.outcome).toEqual({ kind: 'retry', status: null, detail: turned, retry_after_ms: null });
  for (const [path, body] of [
    ['replay', { after: 0 }],
    ['enable', undefined],
  ] as const) {
    const refused = await team.call('POST', `${endpoint.path}/${path}`, body);
    expect([refused.status, refused.body.detail]).toEqual([400, turned]);
  }
  await post(team, 1);
  await endpoint.attempted(1);
  const [attempt] = await endpoint.attempts();
  expect(attempt).toMatchObject({ outcome: 'retry', status: null, detail: turned });
  expect(attempt.next_at).not.toBeNull();
  expect((await endpoint.show()).state).toBe('enabled');
});

/** Until what was found before is looked up anew, which is seconds later for what could not be looked up. */
async function eventually(ask: () => ReturnType<TestTeam['call']>, words: string) {
  for (let tries = 0; tries < 60; tries += 1) {
    const reply = await ask();
    if (JSON.stringify(reply.body).includes(words)) return reply;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`nothing said ${words}`);
}

test('a resolver that does not answer lets a name pass, or holds it back where the operator says so', async () => {
  const name = newName();
  resolver.say(name, { status: 2 });
  const endpoint = await addEndpoint(team, `https://${name}/hook`);
  const open = await team.call('POST', `${endpoint.path}/test`);
  expect(open.body.outcome.detail).toMatch(/^no answer: /);

  const closed = await startTestRelay({
    allowPrivateEndpoints: false,
    names: { dohUrl: resolver.url, fail: 'closed' },
  });
  try {
    const other = await closed.team();
    const held = await addEndpoint(other, `https://${name}/hook`);
    await post(other, 1);
    await held.attempted(1);
    expect((await held.attempts())[0]).toMatchObject({
      outcome: 'retry',
      detail: `${name} could not be looked up: the resolver answered with DNS error 2`,
    });
    const { body } = await other.call('GET', `${held.path}/attempts/1.1`);
    expect(body.attempt).toMatchObject({ request: null, response: null, curl: null });
  } finally {
    await closed.close();
  }
});

test('many events ask the resolver once', async () => {
  const name = newName();
  resolver.say(name, PUBLIC);
  const endpoint = await addEndpoint(team, `https://${name}/hook`);
  await post(team, 5);
  await endpoint.attempted(5);
  await team.advance(TWO_MINUTES);
  await endpoint.attempted(10);
  expect(resolver.questions.filter((question) => question.startsWith(`${name} `)).toSorted()).toEqual([
    `${name} A`,
    `${name} AAAA`,
  ]);
});

test('no endpoint may be at a name that the operator says is the relay', async () => {
  for (const url of ['https://relay.example.com/v1/events', 'https://RELAY.example.com.:8443/']) {
    const { status, body } = await team.call('POST', '/v1/endpoints', { kind: 'webhook', url });
    expect([status, body.detail]).toEqual([400, expect.stringMatching(/^url must (not lead back|name)/)]);
  }
});

test('the runtime itself connects to public addresses alone, by whatever name they are called', async () => {
  const receiver = await startReceiver();
  const { port } = new URL(receiver.url);
  const anywhere = await startTestRelay({ allowPrivateEndpoints: true });
  try {
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]']) {
      const url = `http://${host}:${port}/`;
      expect([url, await team.reaches(url)]).toEqual([url, false]);
    }
    expect(receiver.deliveries).toHaveLength(0);
    const free = await anywhere.team();
    expect(await free.reaches(`http://127.0.0.1:${port}/`)).toBe(true);
    expect(await free.reaches(`http://localhost:${port}/`)).toBe(true);
    expect(receiver.deliveries).toHaveLength(2);
  } finally {
    await anywhere.close();
    await receiver.close();
  }
});

import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';

import { addEndpoint, post } from './endpoint.ts';
import { startReceiver } from './receiver.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver();

test('what is delivered is the event as the API shows it, signed so that a foreign verifier takes it', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 3);
  await endpoint.settled();
  const { events } = (await team.call('GET', '/v1/events')).body;
  const sent = receiver.deliveries.toSorted((a, b) => a.event.seq - b.event.seq);
  for (const { headers, body } of sent) {
    expect(new Webhook(endpoint.secret).verify(body, headers as Record<string, string>)).toEqual(JSON.parse(body));
    expect(headers['content-type']).toBe('application/json');
    expect(headers['user-agent']).toMatch(/^Gasline\//);
    expect(headers['authorization']).toBeUndefined();
  }
  expect(sent.map(({ event }) => event)).toEqual(events);
  expect(sent.map(({ headers }) => headers['webhook-id'])).toEqual(events.map(({ id }: { id: string }) => id));
});

test('a retry is signed for its own time under the same id', async () => {
  let refusals = 2;
  receiver.answer(() => ({ status: refusals-- > 0 ? 500 : 200 }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 1);
  await endpoint.attempted(1);
  await team.advance(6_000);
  await endpoint.attempted(2);
  await team.advance(301_000);
  await endpoint.settled();
  expect(receiver.deliveries).toHaveLength(3);
  expect(new Set(receiver.deliveries.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  for (const { headers, body } of receiver.deliveries) {
    expect(new Webhook(endpoint.secret).verify(body, headers as Record<string, string>)).toEqual(JSON.parse(body));
  }
  expect((await endpoint.attempts()).map(({ number, outcome, status }) => [number, outcome, status])).toEqual([
    [1, 'retry', 500],
    [2, 'retry', 500],
    [3, 'delivered', 200],
  ]);
});

test('every event comes once where nothing fails, however many there are', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await Promise.all(Array.from({ length: 5 }, () => post(team, 200)));
  await endpoint.settled();
  expect(receiver.seqs().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, at) => at + 1));
});

test('an ordered endpoint gets its events in their order, also when some fail at first', async () => {
  const failing = new Set([2, 3, 7]);
  receiver.answer(({ event }) => ({ status: failing.delete(event.seq) ? 503 : 200 }));
  const endpoint = await addEndpoint(team, receiver.url, { ordered: true });
  await post(team, 10);
  for (let failures = 0; failures < 3; failures += 1) {
    await endpoint.attempted([2, 4, 9][failures] ?? 0);
    expect((await endpoint.show()).waiting).toBe(1);
    await team.advance(6_000);
  }
  await endpoint.settled();
  expect(receiver.seqs()).toEqual([1, 2, 2, 3, 3, 4, 5, 6, 7, 7, 8, 9, 10]);
});

test('an endpoint gets the types that it asked for and no other', async () => {
  const [some, one] = [await startReceiver(), await startReceiver()];
  const types = ['session.idle', 'session.error', 'sessions.list', 'custom.type', 'session'];
  const endpoints = [
    await addEndpoint(team, some.url, { events: ['session.*'] }),
    await addEndpoint(team, one.url, { events: ['custom.type', 'no.such.type'] }),
  ];
  await post(
    team,
    10,
    types.filter((type) => type !== 'session.error'),
  );
  for (const endpoint of endpoints) await endpoint.settled();
  expect(new Set(some.deliveries.map(({ event }) => event.type))).toEqual(new Set(['session.idle']));
  expect(new Set(one.deliveries.map(({ event }) => event.type))).toEqual(new Set(['custom.type']));
  await some.close();
  await one.close();
});

test('an endpoint begins with what comes after it, or where it was told to', async () => {
  await post(team, 3);
  const late = await startReceiver();
  const endpoints = [await addEndpoint(team, receiver.url), await addEndpoint(team, late.url, { after: 1 })];
  await post(team, 1);
  for (const endpoint of endpoints) await endpoint.settled();
  expect(receiver.seqs()).toEqual([4]);
  expect(late.seqs().toSorted((a, b) => a - b)).toEqual([2, 3, 4]);
  await late.close();
});

test('a test sends one event past the log, signed, and says what became of it', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  const { status, body } = await team.call('POST', `${endpoint.path}/test`);
  expect([status, body.outcome]).toEqual([200, { kind: 'delivered', status: 204 }]);
  const [delivery] = receiver.deliveries;
  expect(delivery?.event.type).toBe('endpoint.test');
  new Webhook(endpoint.secret).verify(delivery?.body ?? '', delivery?.headers as Record<string, string>);
  receiver.answer(() => ({ status: 403, body: 'go away' }));
  const failed = await team.call('POST', `${endpoint.path}/test`);
  expect(failed.body.outcome).toMatchObject({ kind: 'retry', status: 403, detail: 'answered 403: go away' });
  expect(await endpoint.attempts()).toEqual([]);
  expect((await team.call('GET', '/v1/events')).body.head).toBe(0);
});

test('the secret is in the answer that makes the endpoint and in no other', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 1);
  await endpoint.settled();
  const sealed = (await team.query('SELECT secret FROM endpoint'))[0]?.['secret'] as string;
  expect(sealed).not.toContain(endpoint.secret.slice(6));
  for (const path of ['/v1/endpoints', endpoint.path, `${endpoint.path}/attempts`, '/v1/events', '/v1/team']) {
    const text = JSON.stringify((await team.call('GET', path)).body);
    expect(text).not.toContain(endpoint.secret.slice(6));
    expect(text).not.toContain(sealed);
  }
  const changed = await team.call('PATCH', endpoint.path, { name: 'renamed' });
  expect(changed.body.endpoint.name).toBe('renamed');
  expect(JSON.stringify(changed.body)).not.toContain('whsec_');
});

test('attempts are listed from the newest on, by page and by outcome', async () => {
  receiver.answer(({ event }) => ({ status: event.seq % 2 === 0 ? 200 : 400 }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 6);
  await endpoint.attempted(6);
  const page = (await team.call('GET', `${endpoint.path}/attempts?limit=2`)).body;
  expect(page.attempts.map(({ seq }: { seq: number }) => seq)).toEqual([6, 5]);
  const next = (await team.call('GET', `${endpoint.path}/attempts?limit=2&before=${page.next}`)).body.attempts;
  expect(next.map(({ seq }: { seq: number }) => seq)).toEqual([4, 3]);
  const failed = await endpoint.attempts('outcome=retry');
  expect(failed.map(({ seq, event, status }) => [seq, event, status])).toEqual([
    [1, `${team.id}-1`, 400],
    [3, `${team.id}-3`, 400],
    [5, `${team.id}-5`, 400],
  ]);
});

test.each([
  [{ kind: 'webhook', url: 'nowhere' }, 'url must be an absolute https URL, got nowhere'],
  [{ kind: 'webhook', url: 'ftp://example.com/' }, 'url must be https, got ftp:'],
  [{ kind: 'pigeon', url: 'https://example.com/' }, 'kind: must be one of webhook'],
  [{ kind: 'webhook' }, 'url: is missing'],
  [{ kind: 'webhook', url: 'https://example.com/', events: [] }, 'events: must name a type'],
  [{ kind: 'webhook', url: 'https://example.com/', events: ['**'] }, 'events.0: must be a type such as'],
  [{ kind: 'webhook', url: 'https://example.com/', secret: 'mine' }, 'secret: is not a field of this'],
])('an endpoint such as %j is refused with what to do', async (given, words) => {
  const { status, body } = await team.call('POST', '/v1/endpoints', given);
  expect([status, body.detail.slice(0, words.length)]).toEqual([400, words]);
});

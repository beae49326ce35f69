import { afterAll, beforeAll, expect, test } from 'vitest';

import { addEndpoint, post } from './endpoint.ts';
import { call, startTestRelay, type TestRelay } from './harness.ts';
import { startReceiver, type Receiver } from './receiver.ts';

let relay: TestRelay;
let receiver: Receiver;
beforeAll(async () => {
  relay = await startTestRelay();
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.close();
  await relay.close();
});

const HOUR = 3_600_000;

test('an endpoint that an admin enables does not wait out its schedule', async () => {
  const team = await relay.team();
  receiver.answer(() => ({ status: 503, headers: { 'retry-after': '86400' } }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 1);
  await endpoint.attempted(1);
  receiver.answer(() => ({ status: 204 }));
  await team.call('POST', `${endpoint.path}/enable`);
  await endpoint.settled();
  expect((await endpoint.attempts()).map(({ outcome }) => outcome)).toEqual(['retry', 'delivered']);
});

test('a new address does not owe what the old one asked for', async () => {
  const team = await relay.team();
  receiver.answer(() => ({ status: 429, headers: { 'retry-after': '86400' } }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 2);
  await endpoint.attempted(2);
  const other = await startReceiver();
  await team.call('PATCH', endpoint.path, { url: other.url });
  await endpoint.settled();
  expect(other.seqs().toSorted((a, b) => a - b)).toEqual([1, 2]);
  await other.close();
});

test('another name leaves the schedule alone', async () => {
  const team = await relay.team();
  receiver.answer(() => ({ status: 500 }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 1);
  await endpoint.attempted(1);
  await team.call('PATCH', endpoint.path, { name: 'the same receiver' });
  await team.advance(1_000);
  expect(await endpoint.attempts()).toHaveLength(1);
});

test('made ordered while several wait, an endpoint gets them one by one from the first on', async () => {
  const team = await relay.team();
  receiver.answer(() => ({ status: 500 }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 4);
  await endpoint.attempted(4);
  await team.call('PATCH', endpoint.path, { ordered: true });
  receiver.answer(() => ({ status: 204, afterMs: 20 }));
  const before = receiver.deliveries.length;
  await team.advance(HOUR);
  await endpoint.settled();
  expect(receiver.seqs().slice(before)).toEqual([1, 2, 3, 4]);
});

test('a search that finds nothing for an endpoint holds nobody up and reaches the end', async () => {
  const team = await relay.team();
  for (let round = 0; round < 45; round += 1) await post(team, 1_000);
  await post(team, 1, ['todo.updated.not']);
  receiver.answer(() => ({ status: 204 }));
  const before = receiver.deliveries.length;
  const endpoint = await addEndpoint(team, receiver.url, { events: ['todo.updated.not'], after: 0 });
  await endpoint.settled();
  expect(receiver.seqs().slice(before)).toEqual([45_001]);
});

test('attempts are paged through, those of one event too', async () => {
  const team = await relay.team();
  receiver.answer(() => ({ status: 500 }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 2);
  await endpoint.attempted(2);
  await team.advance(HOUR);
  await endpoint.attempted(4);
  const seen: string[] = [];
  for (let next: string | null = ''; next !== null;) {
    const { body } = await team.call('GET', `${endpoint.path}/attempts?limit=1&before=${next}`);
    for (const { seq, number } of body.attempts) seen.push(`${seq}.${number}`);
    next = body.next;
  }
  expect(seen).toEqual(['2.2', '2.1', '1.2', '1.1']);
});

test('whoever may only read does not see the path of an address', async () => {
  const team = await relay.team();
  const endpoint = await addEndpoint(team, `${receiver.url}services/T000/secret`);
  const { body } = await team.call('POST', '/v1/tokens', { scope: 'read', name: 'reader' });
  const shown = await call(relay.relay.url, body.token, 'GET', endpoint.path);
  expect(shown.body.endpoint.url).toBe(new URL(receiver.url).origin);
  expect((await endpoint.show()).url).toContain('/services/T000/secret');
});

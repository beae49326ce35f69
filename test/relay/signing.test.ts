import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';

import { verify } from '../../plugin/webhook/index.ts';
import { addEndpoint, post, type TestEndpoint } from './endpoint.ts';
import type { Reply } from './harness.ts';
import type { Delivery } from './receiver.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const HOUR = 3_600_000;

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver();

/** One event that comes, and what it is signed with. */
async function next(endpoint: TestEndpoint): Promise<Delivery> {
  await post(team, 1);
  await endpoint.settled();
  const delivery = receiver.deliveries.at(-1);
  if (delivery === undefined) throw new Error('nothing came');
  return delivery;
}

async function rotate(endpoint: TestEndpoint, form: object = {}): Promise<Reply['body']> {
  const { status, body } = await team.call('POST', `${endpoint.path}/rotate`, form);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body;
}

function versions({ headers }: Delivery): string[] {
  return String(headers['webhook-signature'])
    .split(' ')
    .map((signature) => signature.split(',')[0] ?? '');
}

/** Our verifier and a foreign one, which has to be of the same mind. */
async function accepts({ body, headers }: Delivery, secret: string): Promise<boolean> {
  const ours = await verify(body, headers, secret).then(
    () => true,
    () => false,
  );
  let foreign = true;
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
  } catch {
    foreign = false;
  }
  expect(ours).toBe(foreign);
  return ours;
}

test('a pair signs by v1a: the public key stands at the endpoint, the private one nowhere', async () => {
  const made = await team.call('POST', '/v1/endpoints', { kind: 'webhook', url: receiver.url, signing: 'v1a' });
  const { id, public_key: key, signing } = made.body.endpoint;
  expect([made.status, signing, made.body.secret]).toEqual([201, 'v1a', null]);
  expect(key).toMatch(/^whpk_[\w+/]{43}=$/);
  const shown = await team.call('GET', `/v1/endpoints/${id}`);
  expect(shown.body.endpoint).toEqual(made.body.endpoint);
  const reader = (await team.call('POST', '/v1/tokens', { scope: 'read', name: 'reader' })).body.token;
  const read = await team.call('GET', '/v1/endpoints', undefined, { headers: { authorization: `Bearer ${reader}` } });
  expect(read.body.endpoints[0].public_key).toBe(key);

  const tested = await team.call('POST', `/v1/endpoints/${id}/test`);
  expect(tested.body.outcome.kind).toBe('delivered');
  const [delivery] = receiver.deliveries;
  if (delivery === undefined) throw new Error('nothing came');
  expect(versions(delivery)).toEqual(['v1a']);
  expect(await verify(delivery.body, delivery.headers, key)).toEqual(delivery.event);
  await expect(verify(`${delivery.body} `, delivery.headers, key)).rejects.toMatchObject({
    code: 'signature-mismatch',
  });
  const everything = JSON.stringify([made.body, shown.body, read.body, await team.query('SELECT * FROM endpoint')]);
  expect(everything).not.toContain('whsk_');
});

test('a rotation signs with the old key and the new one until the overlap ends', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  const before = await next(endpoint);
  expect(versions(before)).toEqual(['v1']);

  const { secret, endpoint: shown } = await rotate(endpoint);
  expect(secret).toMatch(/^whsec_/);
  expect(Date.parse(shown.overlap_until) - Date.now()).toBeGreaterThan(23.9 * HOUR);
  expect(await accepts(before, secret)).toBe(false);

  await team.advance(23.9 * HOUR);
  const during = await next(endpoint);
  expect(versions(during)).toEqual(['v1', 'v1']);
  expect([await accepts(during, secret), await accepts(during, endpoint.secret)]).toEqual([true, true]);
  // The new one first: a receiver that reads but one signature reads that.
  const [first = ''] = String(during.headers['webhook-signature']).split(' ');
  const alone = { ...during, headers: { ...during.headers, 'webhook-signature': first } };
  expect([await accepts(alone, secret), await accepts(alone, endpoint.secret)]).toEqual([true, false]);

  await team.advance(0.2 * HOUR);
  const after = await next(endpoint);
  expect(versions(after)).toEqual(['v1']);
  expect([await accepts(after, secret), await accepts(after, endpoint.secret)]).toEqual([true, false]);
  expect(await team.query('SELECT retired FROM endpoint')).toEqual([{ retired: '[]' }]);
});

test('a key that has leaked is out at once, with every one before it', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  const leaked = await rotate(endpoint, { overlap_hours: 168 });
  const { secret, endpoint: shown } = await rotate(endpoint, { overlap_hours: 0 });
  expect(shown.overlap_until).toBeNull();
  const delivery = await next(endpoint);
  expect(versions(delivery)).toEqual(['v1']);
  const accepted = [secret, leaked.secret, endpoint.secret].map((key) => accepts(delivery, key));
  expect(await Promise.all(accepted)).toEqual([true, false, false]);
});

test('an endpoint goes over from secret to pair and keeps its receiver meanwhile', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  const { secret, endpoint: shown } = await rotate(endpoint, { signing: 'v1a', overlap_hours: 1 });
  expect([secret, shown.signing]).toEqual([null, 'v1a']);
  const during = await next(endpoint);
  expect(versions(during)).toEqual(['v1a', 'v1']);
  expect(await accepts(during, endpoint.secret)).toBe(true);
  expect(await verify(during.body, during.headers, shown.public_key)).toEqual(during.event);
  await team.advance(HOUR);
  expect(versions(await next(endpoint))).toEqual(['v1a']);
});

test('what waits for a retry is signed with the keys of its next attempt', async () => {
  receiver.answer(() => ({ status: 500 }));
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 1);
  await endpoint.attempted(1);
  const { secret } = await rotate(endpoint, { overlap_hours: 0 });
  receiver.answer(() => ({ status: 200 }));
  await team.advance(6_000);
  await endpoint.settled();
  const [first, second] = receiver.deliveries;
  if (first === undefined || second === undefined) throw new Error('it was not tried twice');
  expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
  expect([await accepts(first, endpoint.secret), await accepts(second, secret)]).toEqual([true, true]);
  expect(await accepts(second, endpoint.secret)).toBe(false);
});

test('ten keys are held at most, and the answer says what to do', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  for (let keys = 1; keys < 10; keys += 1) await rotate(endpoint, { overlap_hours: 2 });
  expect(versions(await next(endpoint))).toHaveLength(10);
  const refused = await team.call('POST', `${endpoint.path}/rotate`, {});
  expect([refused.status, refused.body.type]).toEqual([409, 'urn:gasline:problem:keys-held']);
  expect(refused.body.detail).toContain('"overlap_hours": 0');
  await team.advance(2 * HOUR);
  await rotate(endpoint);
  expect(versions(await next(endpoint))).toHaveLength(2);
});

test('what a change leaves alone are the keys', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  const { secret } = await rotate(endpoint);
  await team.call('PATCH', endpoint.path, { name: 'renamed' });
  const delivery = await next(endpoint);
  expect([await accepts(delivery, secret), await accepts(delivery, endpoint.secret)]).toEqual([true, true]);
  expect((await team.call('PATCH', endpoint.path, { signing: 'v1a' })).status).toBe(400);
});

test('the secret of a rotation is in its answer and in no other', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  const { secret } = await rotate(endpoint);
  const rows = JSON.stringify(await team.query('SELECT * FROM endpoint'));
  for (const path of ['/v1/endpoints', endpoint.path, '/v1/events', '/v1/team']) {
    const text = JSON.stringify((await team.call('GET', path)).body) + rows;
    for (const one of [secret, endpoint.secret]) expect(text).not.toContain(one.slice(6));
    expect(text).not.toMatch(/"retired":\[/);
  }
});

test.each([
  [{ overlap_hours: -1 }, 'overlap_hours: must be a whole number from 0 to 168'],
  [{ overlap_hours: 169 }, 'overlap_hours: must be a whole number from 0 to 168'],
  [{ overlap_hours: 1.5 }, 'overlap_hours: must be a whole number from 0 to 168'],
  [{ overlap_hours: '24' }, 'overlap_hours: must be a whole number from 0 to 168'],
  [{ signing: 'v2' }, 'signing: must be one of v1, v1a'],
  [{ secret: 'mine' }, 'secret: is not a field of this'],
])('a rotation by %j is refused and changes nothing', async (form, detail) => {
  const endpoint = await addEndpoint(team, receiver.url);
  const { status, body } = await team.call('POST', `${endpoint.path}/rotate`, form);
  expect([status, body.detail]).toEqual([400, expect.stringContaining(detail)]);
  expect(await endpoint.show()).toMatchObject({ signing: 'v1', overlap_until: null });
});

test('only an admin rotates, and only what is there', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  const { token } = (await team.call('POST', '/v1/tokens', { scope: 'read', name: 'reader' })).body;
  const init = { headers: { authorization: `Bearer ${token}` } };
  expect((await team.call('POST', `${endpoint.path}/rotate`, {}, init)).status).toBe(403);
  expect((await team.call('POST', '/v1/endpoints/ep_none/rotate', {})).status).toBe(404);
});

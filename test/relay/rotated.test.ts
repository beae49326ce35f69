// The operator's secret is rotated on a data folder as a person does it: stop, write the new one down before the old, start.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { keyId } from '../../worker/access/keyring.ts';
import { startRelay, type Relay } from '../../worker/embedded/relay.ts';
import { until } from '../support/until.ts';
import { batch, idle, source } from './builders.ts';
import { call, type Reply } from './harness.ts';
import { startReceiver, type Receiver } from './receiver.ts';

let dataDir: string;
let receiver: Receiver;
let relay: Relay | null = null;
let token: string;
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'gasline-rotated-'));
  receiver = await startReceiver();
});
afterEach(async () => {
  await stop();
  await receiver.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(): Promise<Relay> {
  relay = await startRelay({ dataDir, allowPrivateEndpoints: true, rateLimit: 1_000_000 });
  return relay;
}

async function stop(): Promise<void> {
  await relay?.close();
  relay = null;
}

/** The secrets from now on, the newest first. */
function hold(...secrets: readonly string[]): void {
  const file = join(dataDir, 'operator.json');
  const { rootToken } = JSON.parse(readFileSync(file, 'utf8'));
  const [operatorSecret, ...previousSecrets] = secrets;
  writeFileSync(file, JSON.stringify({ operatorSecret, previousSecrets, rootToken }));
}

const ask = (method: string, path: string, body?: unknown, by = token): Promise<Reply> => {
  if (relay === null) throw new Error('no relay runs');
  return call(relay.url, by, method, path, body);
};
const asRoot = (method: string, path: string, body?: unknown) => ask(method, path, body, relay?.rootToken);

/** The team's tables, of a relay that is stopped. */
function tables<T>(use: (db: DatabaseSync) => T): T {
  const files = readdirSync(join(dataDir, 'state'), { recursive: true, encoding: 'utf8' });
  const name = files.find((file) => /Team[\\/][0-9a-f]{64}\.sqlite$/.test(file)) ?? '';
  using db = new DatabaseSync(join(dataDir, 'state', name));
  return use(db);
}

async function makeEndpoint(): Promise<{ id: string; secret: string }> {
  const made = await ask('POST', '/v1/endpoints', { kind: 'webhook', url: `${receiver.url}hook` });
  return { id: made.body.endpoint.id, secret: made.body.secret };
}

let sources = 0;
/** One event, delivered and signed with a secret. */
async function delivers(secret: string): Promise<void> {
  const before = receiver.deliveries.length;
  sources += 1;
  const sent = batch([idle(1)], { source: source({ id: `src_${sources}` }) });
  expect((await ask('POST', '/v1/events', sent)).status).toBe(202);
  const delivery = await until('a delivery', () => receiver.deliveries[before]);
  new Webhook(secret).verify(delivery.body, delivery.headers as Record<string, string>);
}

async function resealed(): Promise<Reply['body']> {
  return until('endpoints that have gone over', async () => {
    const { body } = await asRoot('POST', '/v1/reseal');
    return body.teams[0].endpoints === 0 && body;
  });
}

const A = 'the-first-secret-of-the-operator';
const B = 'the-second-secret-of-the-operator';

async function startWith(secret: string): Promise<void> {
  await start();
  await stop();
  hold(secret);
  await start();
  token = (await asRoot('POST', '/v1/teams', { id: 'acme' })).body.token;
}

test('a rotation keeps every delivery, its signing secret and its tokens, and then the old secret can go', async () => {
  await startWith(A);
  const { id, secret } = await makeEndpoint();
  const { secret: second } = (await ask('POST', `/v1/endpoints/${id}/rotate`, { overlap_hours: 100 })).body;
  await delivers(secret);
  expect((await ask('GET', '/v1/team')).body.previous_secret).toBeNull();

  await stop();
  hold(B, A);
  await start();
  expect((await ask('GET', '/v1/team')).body.previous_secret).toEqual({ endpoints: 1, tokens: 1 });
  await delivers(secret);
  await delivers(second);
  const left = await resealed();
  expect(left).toEqual({ teams: [{ id: 'acme', endpoints: 0, tokens: 1 }], next: null });
  const old = token;
  const made = (await ask('POST', '/v1/tokens', { scope: 'admin', name: 'new' })).body;
  const { tokens } = (await ask('GET', '/v1/tokens')).body;
  expect(tokens.map(({ secret }: { secret: string }) => secret)).toEqual(['previous', 'current']);
  token = made.token;
  await ask('DELETE', `/v1/tokens/${tokens[0].id}`);
  expect((await ask('GET', '/v1/team')).body.previous_secret).toEqual({ endpoints: 0, tokens: 0 });

  await stop();
  hold(B);
  await start();
  expect((await ask('GET', '/v1/team', undefined, old)).body.type).toBe('urn:gasline:problem:token-invalid');
  expect((await ask('GET', `/v1/endpoints/${id}`)).body.endpoint.url).toBe(`${receiver.url}hook`);
  await delivers(secret);
  await delivers(second);
});

test('a rotation that is broken off at any moment goes on where it was', async () => {
  await startWith(A);
  await Promise.all(Array.from({ length: 60 }, makeEndpoint));
  await stop();
  hold(B, A);
  const old = `a2.${await keyId(A)}.*`;
  const left = [60];
  for (const waitMs of [0, 5, 20]) {
    await start();
    await asRoot('POST', '/v1/reseal');
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    await stop();
    const [row] = tables((db) => db.prepare(`SELECT count(*) AS n FROM endpoint WHERE url GLOB ?`).all(old));
    left.push(Number(row?.['n']));
  }
  expect(left).toEqual(left.toSorted((a, b) => b - a));
  await start();
  await resealed();
  await stop();
  hold(B);
  await start();
  token = await newToken();
  const { endpoints } = (await ask('GET', '/v1/endpoints')).body;
  expect(endpoints.map(({ url }: { url: string }) => url)).toEqual(Array(60).fill(`${receiver.url}hook`));
});

async function newToken(): Promise<string> {
  return (await asRoot('POST', '/v1/teams/acme/tokens', { scope: 'admin', name: 'new' })).body.token;
}

test('what an older relay left as it was is delivered to at once and sealed meanwhile', async () => {
  await startWith(A);
  const { id, secret } = await makeEndpoint();
  await stop();
  tables((db) => {
    // Before, the URL stood there as it is, a sealed text named no key, and nobody knew by which secret a token was made.
    const was = db.prepare(`UPDATE endpoint SET url = ?, origin = NULL, secret = 'a1' || substr(secret, 16)`);
    expect(was.run(`${receiver.url}hook`).changes).toBe(1);
    db.exec(`UPDATE token SET made_by = NULL`);
  });
  await start();
  expect((await ask('GET', `/v1/endpoints/${id}`)).body.endpoint.url).toBe(`${receiver.url}hook`);
  await delivers(secret);
  expect((await resealed()).teams).toEqual([{ id: 'acme', endpoints: 0, tokens: 0 }]);
  await delivers(secret);
  await stop();
  const [row] = tables((db) => db.prepare(`SELECT url, origin, secret FROM endpoint`).all());
  expect(row).toEqual({
    url: expect.stringMatching(/^a2\.[0-9a-f]{12}\./),
    origin: new URL(receiver.url).origin,
    secret: expect.stringMatching(/^a2\.[0-9a-f]{12}\./),
  });
});

test('without the old secret nothing is sent and nothing lost, and the endpoint can be given all anew', async () => {
  await startWith(A);
  const { id } = await makeEndpoint();
  const path = `/v1/endpoints/${id}`;
  await stop();
  hold(B);
  await start();
  token = await newToken();
  expect((await ask('POST', '/v1/events', batch([idle(1)]))).status).toBe(202);
  const held = await until('a reason', async () => {
    const { endpoint } = (await ask('GET', path)).body;
    return endpoint.reason !== null && endpoint;
  });
  expect(held).toMatchObject({ state: 'enabled', url: null, cursor: 0, behind: 1 });
  expect(held.reason).toContain('OPERATOR_SECRET_PREVIOUS');
  expect((await ask('POST', `${path}/test`)).body).toMatchObject({ status: 409, type: 'urn:gasline:problem:sealed' });
  expect(receiver.deliveries).toHaveLength(0);

  await ask('PATCH', path, { url: `${receiver.url}hook` });
  const { secret } = (await ask('POST', `${path}/rotate`, { overlap_hours: 0 })).body;
  await ask('POST', `${path}/enable`);
  const delivery = await until('the event that waited', () => receiver.deliveries[0]);
  new Webhook(secret).verify(delivery.body, delivery.headers as Record<string, string>);
  expect(delivery.event.seq).toBe(1);
});

test('a previous secret that is too short to be one is refused like any', async () => {
  await startWith(A);
  await stop();
  hold(A, 'short');
  await start();
  const { status, headers, body } = await ask('GET', '/v1/team');
  expect([status, body.detail]).toEqual([503, expect.stringContaining('OPERATOR_SECRET_PREVIOUS')]);
  expect(headers.get('retry-after')).toBe('60');
});

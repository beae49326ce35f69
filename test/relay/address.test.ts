import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startRelay, type Relay } from '../../worker/embedded/relay.ts';
import { until } from '../support/until.ts';
import { batch, idle } from './builders.ts';
import { call, type Reply } from './harness.ts';
import { startReceiver, type Receiver } from './receiver.ts';

// A relay whose operator allowed private endpoints once and does so no more: what was made then is still there.
let dataDir: string;
let relay: Relay;
let receiver: Receiver;
let token: string;
let made: string;

function ask(method: string, path: string, body?: unknown): Promise<Reply> {
  return call(relay.url, token, method, path, body);
}

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'gasline-address-'));
  receiver = await startReceiver();
  relay = await startRelay({ dataDir, allowPrivateEndpoints: true });
  token = (await call(relay.url, relay.rootToken, 'POST', '/v1/teams', { id: 'acme' })).body.token;
  made = (await ask('POST', '/v1/endpoints', { kind: 'webhook', url: receiver.url })).body.endpoint.id;
  await relay.close();
  relay = await startRelay({ dataDir, allowPrivateEndpoints: false });
});
afterAll(async () => {
  await relay.close();
  await receiver.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test.each([
  'http://example.com/',
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://[::ffff:7f00:1]/',
  'https://169.254.169.254/latest/meta-data/',
  'https://localhost./',
  'https://user:secret@example.com/',
])('no endpoint is made at %s, nor moved there', async (url) => {
  for (const reply of [
    await ask('POST', '/v1/endpoints', { kind: 'webhook', url }),
    await ask('PATCH', `/v1/endpoints/${made}`, { url }),
  ]) {
    expect([reply.status, reply.body.type]).toEqual([400, 'urn:gasline:problem:body-malformed']);
    expect(reply.body.detail).toMatch(/^url must /);
    expect(reply.body.detail).not.toContain('secret');
  }
});

test('a test of an endpoint at a private address calls nobody', async () => {
  const { body } = await ask('POST', `/v1/endpoints/${made}/test`);
  expect(body.outcome).toMatchObject({ kind: 'gone', status: null });
  expect(body.outcome.detail).toMatch(/^url must be https/);
  expect(receiver.deliveries).toHaveLength(0);
});

test('an endpoint at a private address is disabled before it is called, and waits for whoever moves it', async () => {
  expect((await ask('POST', '/v1/events', batch([idle(1), idle(2)]))).status).toBe(202);
  const endpoint = await until('a disabled endpoint', async () => {
    const shown = (await ask('GET', `/v1/endpoints/${made}`)).body.endpoint;
    return shown.state === 'disabled' && shown;
  });
  expect(endpoint.reason).toMatch(/^url must be https/);
  // The third says that it was disabled.
  expect(endpoint.behind + endpoint.waiting).toBe(3);
  expect(receiver.deliveries).toHaveLength(0);
});

// E-mail through the whole relay, with a server on loopback that answers as Resend's documentation says.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { startRelay, type Relay, type RelayOptions } from '../../worker/embedded/relay.ts';
import { until } from '../support/until.ts';
import { batch, idle } from './builders.ts';
import { addEndpoint, post } from './endpoint.ts';
import { call, startTestRelay, type TestRelay, type TestTeam } from './harness.ts';
import { sendMail } from './mails.ts';
import { startReceiver, type Answer, type Delivery, type Receiver } from './receiver.ts';

const TO = 'mailto:ann@example.com,bob@example.com';

let resend: Receiver;
let relay: TestRelay;
let team: TestTeam;
/** What was mailed, by the key under which it was taken. */
let mails: Map<string, Delivery>;
beforeAll(async () => {
  resend = await startReceiver();
  const settings = { EMAIL_FROM: 'Gasline <alerts@example.com>', RESEND_API_KEY: 're_secret', RESEND_URL: resend.url };
  relay = await startTestRelay({ mail: settings, allowPrivateEndpoints: false });
});
afterAll(async () => {
  await relay.close();
  await resend.close();
});
beforeEach(async () => {
  team = await relay.team();
  mails = new Map();
  resend.answer(accept);
});
afterEach(() => resend.answer(accept));

/** One mail a key for a day; the same key with another body is refused. */
function accept(delivery: Delivery): Answer {
  const { headers, body } = delivery;
  if (headers.authorization !== 'Bearer re_secret') return { status: 403, body: '{"name":"invalid_api_key"}' };
  const key = String(headers['idempotency-key']);
  const held = mails.get(key);
  if (held !== undefined && held.body !== body) return { status: 409, body: '{"name":"invalid_idempotent_request"}' };
  mails.set(key, held ?? delivery);
  return { status: 200, body: JSON.stringify({ id: '49a3999c' }) };
}

test('a message to the overseer is an e-mail to her, and one between agents is none', async () => {
  const where = { 'data.to': 'overseer', 'data.priority': { $in: ['high', 'urgent'] } };
  const endpoint = await addEndpoint(team, TO, { kind: 'email', events: ['mail.sent'], where });
  await sendMail(team, { to: 'mayor/', subject: 'not hers', priority: 'urgent' });
  await sendMail(team, { subject: 'at leisure' });
  const body = 'the <refinery> is\nstuck & "down"\r\nBcc: eve@example.com';
  await sendMail(team, { from: 'lab:app/witness', subject: '<b>now</b>', priority: 'urgent', body });
  await endpoint.settled();
  const sent = [...mails.values()].map(({ event }) => event);
  expect(sent).toHaveLength(1);
  const [mail] = sent;
  expect(mail).toMatchObject({
    from: 'Gasline <alerts@example.com>',
    to: ['ann@example.com', 'bob@example.com'],
    subject: expect.stringContaining('Mail for overseer: <b>now</b>'),
    text: expect.stringContaining('From: lab:app/witness'),
  });
  expect(mail.text).toContain('the <refinery> is stuck & "down" Bcc: eve@example.com');
  expect(mail.html).toContain('the &lt;refinery&gt; is stuck &amp; &quot;down&quot;');
  expect(mail.html).not.toContain('<b>now');
  expect([mail.subject, JSON.stringify(mail.headers ?? {})].join('')).not.toMatch(/[\r\n]|eve@/);
});

test('an event becomes one mail to all, from the operator, under a key of its own', async () => {
  const endpoint = await addEndpoint(team, TO, { kind: 'email' });
  expect(await endpoint.show()).toMatchObject({
    url: TO,
    name: 'example.com',
    events: expect.arrayContaining(['session.idle']),
  });
  await post(team, 1);
  await endpoint.settled();
  expect([...mails.keys()]).toEqual([`${team.id}-1/${endpoint.id}`]);
  const [mail] = [...mails.values()].map(({ event }) => event);
  expect(mail).toMatchObject({
    from: 'Gasline <alerts@example.com>',
    to: ['ann@example.com', 'bob@example.com'],
    subject: '[Gasline] The agent has finished · example.com/acme/app',
  });
  expect(mail.text).toContain('Who: ann@example.com');
});

test('a mail whose answer was lost is not sent twice', async () => {
  let lost = 1;
  resend.answer((delivery) => {
    const answer = accept(delivery);
    return lost-- > 0 ? 'reset' : answer;
  });
  const endpoint = await addEndpoint(team, TO, { kind: 'email' });
  await post(team, 1);
  await endpoint.attempted(1);
  await team.advance(6_000);
  await endpoint.settled();
  expect((await endpoint.attempts()).map(({ outcome }) => outcome)).toEqual(['retry', 'delivered']);
  expect(mails.size).toBe(1);
});

test("the operator's bad key is nobody's fault: the endpoint stays, the mail is tried again", async () => {
  let refusals = 1;
  resend.answer((delivery) =>
    refusals-- > 0 ? { status: 403, body: '{"name":"invalid_api_key"}' } : accept(delivery),
  );
  const endpoint = await addEndpoint(team, TO, { kind: 'email' });
  await post(team, 1);
  await endpoint.attempted(1);
  expect(await endpoint.show()).toMatchObject({ state: 'enabled', waiting: 1 });
  await team.advance(6_000);
  await endpoint.settled();
  expect(mails.size).toBe(1);
});

test('neither the key of the operator nor who gets mail is told to a reader', async () => {
  resend.answer(() => ({ status: 500, body: 'no' }));
  const endpoint = await addEndpoint(team, TO, { kind: 'email' });
  await post(team, 1);
  await endpoint.attempted(1);
  const { body } = await team.call('POST', '/v1/tokens', { scope: 'read', name: 'reader' });
  const seen = await call(relay.relay.url, body.token, 'GET', endpoint.path);
  expect(seen.body.endpoint.url).toBe('mailto:*@example.com');
  expect(JSON.stringify([seen.body, await endpoint.attempts()])).not.toMatch(/re_secret|ann@/);
});

test('an endpoint that leads to no address is refused, also when it is changed', async () => {
  const endpoint = await addEndpoint(team, TO, { kind: 'email' });
  for (const url of ['mailto:ann@example.com?bcc=eve@example.com', 'https://example.com/ann']) {
    for (const reply of [
      await team.call('POST', '/v1/endpoints', { kind: 'email', url }),
      await team.call('PATCH', endpoint.path, { url }),
    ]) {
      expect([reply.status, reply.body.detail]).toEqual([400, expect.stringMatching(/^url must be/)]);
    }
  }
  expect((await team.call('POST', '/v1/endpoints', { kind: 'webhook', url: TO })).status).toBe(400);
  expect((await team.call('PATCH', endpoint.path, { url: 'mailto:eve@example.com' })).status).toBe(200);
});

test('a test is a mail', async () => {
  const endpoint = await addEndpoint(team, TO, { kind: 'email' });
  const { body } = await team.call('POST', `${endpoint.path}/test`);
  expect(body.outcome).toEqual({ kind: 'delivered', status: 200 });
  expect([...mails.values()].map(({ event }) => event.subject)).toEqual([
    '[Gasline] A test from Gasline: messages arrive here',
  ]);
});

test('a relay that sends no mail takes no endpoint for it', async () => {
  const other = await startTestRelay();
  try {
    const poor = await other.team();
    const { status, body } = await poor.call('POST', '/v1/endpoints', { kind: 'email', url: TO });
    expect([status, body.type]).toEqual([409, 'urn:gasline:problem:mail-missing']);
    expect(body.detail).toContain('EMAIL_FROM');
  } finally {
    await other.close();
  }
});

test('a relay that has lost what it sent mail by charges nobody an attempt, and goes on when it has it again', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gasline-mail-'));
  const mail = { EMAIL_FROM: 'alerts@example.com', RESEND_API_KEY: 're_secret', RESEND_URL: resend.url };
  async function over<T>(given: Partial<RelayOptions>, use: (relay: Relay) => Promise<T>): Promise<T> {
    const started = await startRelay({ dataDir, ...given });
    try {
      return await use(started);
    } finally {
      await started.close();
    }
  }
  try {
    const { token, path } = await over({ mail }, async ({ url, rootToken }) => {
      const made = await call(url, rootToken, 'POST', '/v1/teams', { id: 'acme' });
      const endpoint = await call(url, made.body.token, 'POST', '/v1/endpoints', { kind: 'email', url: TO });
      return { token: made.body.token as string, path: `/v1/endpoints/${endpoint.body.endpoint.id}` };
    });
    await over({}, async ({ url }) => {
      expect((await call(url, token, 'POST', '/v1/events', batch([idle(1)]))).status).toBe(202);
      const shown = async () => (await call(url, token, 'GET', path)).body.endpoint;
      await until('a reason', async () => (await shown()).reason !== null);
      const reason = expect.stringContaining('the relay could not deliver: this relay sends no mail');
      expect(await shown()).toMatchObject({ state: 'enabled', reason, behind: 1, waiting: 0 });
      expect((await call(url, token, 'GET', `${path}/attempts`)).body.attempts).toEqual([]);
      expect((await call(url, token, 'POST', `${path}/test`)).status).toBe(409);
    });
    await over({ mail }, async ({ url }) => {
      await call(url, token, 'POST', `${path}/enable`);
      await until('a mail', () => Promise.resolve(mails.size === 1));
    });
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

// Chats through the whole relay, with receivers on loopback in the place of Slack and Discord.
import { expect, test } from 'vitest';

import { batch, event, idle, message } from './builders.ts';
import { addEndpoint, post } from './endpoint.ts';
import { call } from './harness.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver(() => ({ status: 200, body: 'ok' }));

const slackUrl = () => new URL('services/T1/B1/secret', receiver.url).href;
const discordUrl = () => new URL('api/webhooks/1/secret', receiver.url).href;

test('Slack gets what a person may want to act on, and nothing signed', async () => {
  const endpoint = await addEndpoint(team, slackUrl(), { kind: 'slack' });
  expect((await endpoint.show()).events).toContain('session.idle');
  await post(team, 4, ['session.idle', 'session.compacted']);
  await endpoint.settled();
  expect(receiver.deliveries).toHaveLength(2);
  for (const { body, headers } of receiver.deliveries) {
    expect(headers['webhook-signature']).toBeUndefined();
    const { text, blocks } = JSON.parse(body);
    expect(text).toBe('The agent has finished · Who: ann@example.com · Project: example.com/acme/app · Branch: main');
    expect(blocks[0].text.text).toBe('✅ The agent has finished');
  }
});

test('a chat is told of a message once it is complete', async () => {
  const endpoint = await addEndpoint(team, discordUrl(), { kind: 'discord', events: ['message.*'] });
  const events = [message(1, { completed_at: null }), message(2), message(3, { copied: true }), idle(4)];
  expect((await team.call('POST', '/v1/events', batch(events))).status).toBe(202);
  await endpoint.settled();
  expect(receiver.deliveries).toHaveLength(1);
  const { embeds } = JSON.parse(receiver.deliveries[0]?.body ?? '');
  expect([embeds[0].title, embeds[0].fields[0]]).toEqual([
    'A message is complete',
    { name: 'Cost', value: 'less than \\$0\\.01', inline: true },
  ]);
});

test('an idle session says what it has cost so far, with its sub-agents', async () => {
  const endpoint = await addEndpoint(team, slackUrl(), { kind: 'slack' });
  const info = { parent: 'ses_1', created_at: '2026-11-20T09:00:00.000Z', title: null };
  const events = [
    message(1, { cost_usd: '1.5' }),
    event(2, 'session.created', info, { session: 'ses_2' }),
    message(3, { cost_usd: '0.75' }, { session: 'ses_2' }),
    message(4, { cost_usd: '9' }, { session: 'ses_3' }),
    idle(5),
    idle(6, { session: 'ses_4' }),
  ];
  expect((await team.call('POST', '/v1/events', batch(events))).status).toBe(202);
  await endpoint.settled();
  const texts: string[] = receiver.deliveries.map(({ body }) => JSON.parse(body).text);
  expect(texts).toHaveLength(2);
  expect(texts.filter((text) => text.includes('Cost so far: $2.25 ·'))).toHaveLength(1);
  expect(texts.filter((text) => !text.includes('Cost so far'))).toHaveLength(1);
});

test('an idle session says what was spent at any depth below it', async () => {
  const endpoint = await addEndpoint(team, slackUrl(), { kind: 'slack' });
  const info = { created_at: '2026-11-20T09:00:00.000Z', title: null };
  const below = Array.from({ length: 130 }, (_, n) =>
    event(n + 1, 'session.created', { ...info, parent: n === 0 ? 'ses_1' : `deep${n - 1}` }, { session: `deep${n}` }),
  );
  const spent = message(200, { cost_usd: '3' }, { session: 'deep129' });
  await team.call('POST', '/v1/events', batch([...below, spent, idle(201)]));
  await endpoint.settled();
  const texts: string[] = receiver.deliveries.map(({ body }) => JSON.parse(body).text);
  expect(texts.filter((text) => text.includes('Cost so far: $3.00'))).toHaveLength(1);
});

test('what a chat rejects is recorded and left behind, also when it had failed before; the rest goes on', async () => {
  const answers = [
    { status: 500, body: 'rollup_error' },
    { status: 400, body: 'invalid_blocks' },
  ];
  receiver.answer(() => answers.shift() ?? { status: 200, body: 'ok' });
  const endpoint = await addEndpoint(team, slackUrl(), { kind: 'slack', ordered: true });
  await post(team, 1);
  await endpoint.attempted(1);
  await team.advance(6_000);
  await endpoint.attempted(2);
  await post(team, 2);
  await endpoint.settled();
  const shown = (await endpoint.attempts()).map((made) => [made.seq, made.number, made.outcome, made.detail]);
  expect(shown).toEqual([
    [1, 1, 'retry', 'answered 500: rollup_error'],
    [1, 2, 'rejected', 'answered 400: invalid_blocks'],
    [2, 1, 'delivered', null],
    [3, 1, 'delivered', null],
  ]);
  expect(await endpoint.show()).toMatchObject({ state: 'enabled', behind: 0, waiting: 0 });
  expect(await endpoint.attempts('outcome=rejected')).toHaveLength(1);
});

test('a first answer that rejects moves the cursor on, whatever stands beside it in the window', async () => {
  receiver.answer(({ event }) => (event.text.includes('failed') ? { status: 400, body: 'no_text' } : { status: 200 }));
  const endpoint = await addEndpoint(team, slackUrl(), { kind: 'slack' });
  const failed = { error: { name: 'APIError', status: 500 } };
  const events = [idle(1), { ...idle(2), type: 'session.error', data: failed }, idle(3)];
  expect((await team.call('POST', '/v1/events', { ...batch([]), events })).status).toBe(202);
  await endpoint.settled();
  expect((await endpoint.attempts()).map(({ seq, outcome }) => [seq, outcome])).toEqual([
    [1, 'delivered'],
    [2, 'rejected'],
    [3, 'delivered'],
  ]);
});

test('a webhook that Discord does not know any more is not called again', async () => {
  receiver.answer(() => ({ status: 404, body: '{"message": "Unknown Webhook", "code": 10015}' }));
  const endpoint = await addEndpoint(team, discordUrl(), { kind: 'discord', ordered: true });
  await post(team, 3);
  await endpoint.attempted(1);
  expect(await endpoint.show()).toMatchObject({ state: 'disabled', waiting: 1 });
  expect(receiver.deliveries).toHaveLength(1);
});

test("Discord's wait pauses the endpoint and burns no more attempts", async () => {
  let refusals = 1;
  receiver.answer(() =>
    refusals-- > 0 ? { status: 429, body: '{"message":"slow down","retry_after":60.5}' } : { status: 204 },
  );
  const endpoint = await addEndpoint(team, discordUrl(), { kind: 'discord', ordered: true });
  await post(team, 2);
  await endpoint.attempted(1);
  expect((await endpoint.show()).paused_until).not.toBeNull();
  await team.advance(30_000);
  expect(receiver.deliveries).toHaveLength(1);
  await team.advance(31_000);
  await endpoint.settled();
  expect(receiver.deliveries).toHaveLength(3);
});

test('an endpoint that signs nothing has no secret to tell, and its URL is shown to admins alone', async () => {
  const made = await team.call('POST', '/v1/endpoints', { kind: 'slack', url: slackUrl() });
  expect([made.status, Object.keys(made.body)]).toEqual([201, ['endpoint']]);
  const { body } = await team.call('POST', '/v1/tokens', { scope: 'read', name: 'reader' });
  const seen = await call(relay.relay.url, body.token, 'GET', `/v1/endpoints/${made.body.endpoint.id}`);
  expect(seen.body.endpoint.url).toBe(new URL(receiver.url).origin);
});

test('a URL that is not of its kind is refused, also when it is changed', async () => {
  const endpoint = await addEndpoint(team, slackUrl(), { kind: 'slack' });
  for (const reply of [
    await team.call('POST', '/v1/endpoints', { kind: 'slack', url: discordUrl() }),
    await team.call('PATCH', endpoint.path, { url: discordUrl() }),
  ]) {
    expect([reply.status, reply.body.detail]).toEqual([
      400,
      'url must be that of an incoming webhook, such as https://hooks.slack.com/services/T…/B…/…',
    ]);
  }
});

test('a test says hello to the chat', async () => {
  const endpoint = await addEndpoint(team, discordUrl(), { kind: 'discord' });
  const { body } = await team.call('POST', `${endpoint.path}/test`);
  expect(body.outcome).toEqual({ kind: 'delivered', status: 200 });
  const [embed] = JSON.parse(receiver.deliveries[0]?.body ?? '').embeds;
  expect(embed.title).toContain('A test from Gasline');
  // It happened nowhere, and nobody did it.
  expect(embed.fields).toEqual([]);
});

test('what signs nothing has no key to choose and none to rotate', async () => {
  const team = await relay.team();
  const slack = { kind: 'slack', url: 'http://127.0.0.1:9/services/T00/B00/xxx' };
  const signed = await team.call('POST', '/v1/endpoints', { ...slack, signing: 'v1a' });
  expect([signed.status, signed.body.detail]).toEqual([400, 'signing: nothing is signed for slack']);
  const made = await team.call('POST', '/v1/endpoints', slack);
  expect([made.status, made.body.secret]).toEqual([201, undefined]);
  expect((await team.call('POST', `/v1/endpoints/${made.body.endpoint.id}/rotate`, {})).status).toBe(400);
});

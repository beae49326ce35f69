// Webhooks whose bodies are CloudEvents, through the whole relay.
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';

import { verify } from '../../plugin/webhook/index.ts';
import { addEndpoint, post } from './endpoint.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver();

test('a webhook that asks for CloudEvents gets them, signed over what it gets', async () => {
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { format: 'cloudevents' } });
  await post(team, 1);
  await endpoint.settled();
  const [delivery] = receiver.deliveries;
  if (delivery === undefined) throw new Error('nothing came');
  const { body, headers } = delivery;
  expect(headers['content-type']).toBe('application/cloudevents+json');
  expect(headers['webhook-id']).toBe(`${team.id}-1`);
  const verified = new Webhook(endpoint.secret).verify(body, headers as Record<string, string>);
  expect(await verify(body, headers, endpoint.secret)).toEqual(verified);
  const { events } = (await team.call('GET', '/v1/events')).body;
  expect(verified).toMatchObject({
    specversion: '1.0',
    id: events[0].id,
    type: `gasline.${events[0].type}`,
    subject: events[0].session,
    time: events[0].timestamp,
    gaslineseq: '1',
    gaslinemember: events[0].source.member,
    data: events[0].data,
  });
});

test('the format is changed for what comes next, and null takes it back', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  const types: unknown[] = [];
  for (const format of ['cloudevents', null, 'standard']) {
    const { status, body } = await team.call('PATCH', endpoint.path, { delivery: { format } });
    expect([status, body.endpoint.delivery.format ?? null]).toEqual([200, format]);
    await post(team, 1);
    await endpoint.settled();
    types.push(receiver.deliveries.at(-1)?.headers['content-type']);
  }
  expect(types).toEqual(['application/cloudevents+json', 'application/json', 'application/json']);
});

test('a format that is none is refused, and so is one where nothing would come of it', async () => {
  const hook = { kind: 'webhook', url: receiver.url, delivery: { format: 'xml' } };
  const unknown = await team.call('POST', '/v1/endpoints', hook);
  expect([unknown.status, unknown.body.detail]).toEqual([
    400,
    'delivery.format: must be one of standard, cloudevents, got "xml"',
  ]);
  const slack = { kind: 'slack', url: new URL('services/T1/B1/x', receiver.url).href };
  const refused = 'delivery.format: slack has a form of its own, leave it out';
  const made = await team.call('POST', '/v1/endpoints', { ...slack, delivery: { format: 'cloudevents' } });
  expect([made.status, made.body.detail]).toEqual([400, refused]);
  const endpoint = await addEndpoint(team, slack.url, slack);
  const changed = await team.call('PATCH', endpoint.path, { delivery: { format: 'cloudevents' } });
  expect([changed.status, changed.body.detail]).toEqual([400, refused]);
  expect((await team.call('PATCH', endpoint.path, { delivery: { format: null } })).status).toBe(200);
});

test('a batch of CloudEvents is an array of them, signed as one message', async () => {
  const delivery = { format: 'cloudevents', batch: 10 };
  const endpoint = await addEndpoint(team, receiver.url, { ordered: true, delivery });
  await post(team, 3);
  await endpoint.settled();
  const ids: string[] = [];
  for (const { body, headers, event } of receiver.deliveries) {
    expect(headers['content-type']).toBe('application/cloudevents-batch+json');
    expect(new Webhook(endpoint.secret).verify(body, headers as Record<string, string>)).toEqual(event);
    for (const one of event) ids.push(`${one.specversion} ${one.id}`);
  }
  expect(ids).toEqual([1, 2, 3].map((seq) => `1.0 ${team.id}-${seq}`));
});

test('a test event is a CloudEvent too', async () => {
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { format: 'cloudevents' } });
  expect((await team.call('POST', `${endpoint.path}/test`)).body.outcome).toEqual({ kind: 'delivered', status: 204 });
  expect(receiver.deliveries[0]?.event).toMatchObject({ type: 'gasline.endpoint.test', data: { hello: 'world' } });
});

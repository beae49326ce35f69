// Gas City through the whole relay, with a city on loopback.
import { expect, test } from 'vitest';

import { batch, event, idle, message } from './builders.ts';
import { startCity } from './city.ts';
import { addEndpoint, post } from './endpoint.ts';
import { sendMail } from './mails.ts';
import { useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);

test.each(['named', 'plain'] as const)(
  'a city with %s routes logs what a person may want to act on',
  async (generation) => {
    const city = await startCity(generation);
    const endpoint = await addEndpoint(team, city.url, { kind: 'gascity', ordered: true });
    const failed = { error: { name: 'APIError', status: 500 } };
    const events = [idle(1), event(2, 'session.compacted', {}), message(3), event(4, 'session.error', failed)];
    expect((await team.call('POST', '/v1/events', batch(events))).status).toBe(202);
    await endpoint.settled();
    const where = 'Who: ann@example.com · Project: example.com/acme/app · Branch: main';
    expect(city.events).toEqual([
      {
        type: 'gasline.session.idle',
        actor: 'gasline/ann@example.com',
        subject: 'ses_1',
        message: `The agent has finished · ${where} (${team.id}-1)`,
      },
      {
        type: 'gasline.session.error',
        actor: 'gasline/ann@example.com',
        subject: 'ses_1',
        message: `A session failed · Error: APIError (500) · ${where} (${team.id}-4)`,
      },
    ]);
    await city.receiver.close();
  },
);

test('an event whose answer was lost is logged once, though its session has cost more since', async () => {
  const city = await startCity('named');
  let lost = 1;
  city.receiver.answer((delivery) => {
    const answer = city.answer(delivery);
    return lost-- > 0 ? 'reset' : answer;
  });
  const endpoint = await addEndpoint(team, city.url, { kind: 'gascity' });
  await post(team, 1);
  await endpoint.attempted(1);
  expect((await team.call('POST', '/v1/events', batch([message(1, { cost_usd: '2' })]))).status).toBe(202);
  await team.advance(6_000);
  await endpoint.settled();
  expect((await endpoint.attempts()).map(({ outcome }) => outcome)).toEqual(['retry', 'delivered']);
  expect(city.events).toHaveLength(1);
  await city.receiver.close();
});

test('a city that is not running yet gets it later', async () => {
  let isRunning = false;
  const city = await startCity('named', () => isRunning);
  const endpoint = await addEndpoint(team, city.url, { kind: 'gascity' });
  await post(team, 1);
  await endpoint.attempted(1);
  expect(await endpoint.attempts()).toMatchObject([
    { outcome: 'retry', status: 404, detail: 'answered 404: not_found: city not found or not running: lab' },
  ]);
  isRunning = true;
  await team.advance(6_000);
  await endpoint.settled();
  expect(city.events).toHaveLength(1);
  await city.receiver.close();
});

test('a city that lets nobody change it disables the endpoint, with its own words', async () => {
  const city = await startCity('named');
  const detail = 'read_only: mutations disabled: server bound to non-localhost address';
  city.receiver.answer(() => ({ status: 403, body: JSON.stringify({ status: 403, title: 'Forbidden', detail }) }));
  const endpoint = await addEndpoint(team, city.url, { kind: 'gascity' });
  await post(team, 1);
  await endpoint.attempted(1);
  expect(await endpoint.show()).toMatchObject({ state: 'disabled', reason: `answered 403: ${detail}`, waiting: 1 });
  await city.receiver.close();
});

test('mail for agents of a city is mail there, one for each; for anybody else it is an event of its log', async () => {
  const city = await startCity('named');
  const endpoint = await addEndpoint(team, city.url, { kind: 'gascity', events: ['mail.sent'] });
  const { id } = await sendMail(team, {
    to: 'mayor/',
    cc: ['lab:web/nux', 'other:mayor/', 'member:ann'],
    from: 'member:bob',
    subject: 'hello',
    body: 'two\nlines',
  });
  await sendMail(team, { to: 'member:ann', subject: 'for Ann' });
  await endpoint.settled();
  const mail = { from: 'relay/member:bob', subject: 'hello', body: `two\nlines\n\n(${id})` };
  expect(city.mails.toSorted((a, b) => (a['to'] ?? '').localeCompare(b['to'] ?? ''))).toEqual([
    { ...mail, to: 'mayor' },
    { ...mail, to: 'web/nux' },
  ]);
  expect(city.events).toMatchObject([{ type: 'gasline.mail.sent', message: expect.stringContaining('for Ann') }]);
  expect(await endpoint.attempts()).toHaveLength(2);
  await city.receiver.close();
});

test('a mail of which one recipient could not be reached comes again, to each once', async () => {
  const city = await startCity('named');
  let fails = true;
  city.receiver.answer((delivery) => {
    if (!fails || delivery.event.to !== 'web/nux') return city.answer(delivery);
    fails = false;
    return { status: 503 };
  });
  const endpoint = await addEndpoint(team, city.url, { kind: 'gascity', events: ['mail.sent'] });
  await sendMail(team, { to: 'mayor/', cc: ['web/nux'] });
  await endpoint.attempted(1);
  await team.advance(6_000);
  await endpoint.settled();
  expect((await endpoint.attempts()).map(({ outcome }) => outcome)).toEqual(['retry', 'delivered']);
  expect(city.mails.map(({ to }) => to)).toEqual(['mayor', 'web/nux']);
  await city.receiver.close();
});

test('a test is an event of the city', async () => {
  const city = await startCity('plain');
  const endpoint = await addEndpoint(team, city.url, { kind: 'gascity' });
  const { body } = await team.call('POST', `${endpoint.path}/test`);
  expect(body.outcome).toEqual({ kind: 'delivered', status: 201 });
  expect(city.events).toMatchObject([{ type: 'gasline.endpoint.test', actor: 'gasline/relay' }]);
  await city.receiver.close();
});

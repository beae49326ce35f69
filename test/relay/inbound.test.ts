// What the hooks of a town and of a city say, from the URL to whoever is told.
import { expect, test } from 'vitest';

import { median, report } from '../support/report.ts';
import { batch, idle } from './builders.ts';
import { addEndpoint } from './endpoint.ts';
import { call, type Reply, type TestTeam } from './harness.ts';
import { readLog } from './oracle.ts';
import { shapesOfExamples, shapesSaid } from './shape.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver(() => ({ status: 200, body: 'ok' }));

interface Inbound {
  readonly id: string;
  readonly url: string;
}

async function addInbound(kind: string, of: TestTeam = team): Promise<Inbound> {
  const { status, body } = await of.call('POST', '/v1/inbound', { kind, name: `the ${kind}` });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body;
}

/** As the program that knows the URL would. */
const post = (url: string, body: string | object, headers: Record<string, string> = {}): Promise<Reply> =>
  call(new URL(url), null, 'POST', url, body, { headers });

const said = async () =>
  (await readLog(team)).map(({ type, session, source, data }) => ({ type, session, member: source.member, data }));

const SLACK = '🔴 *[CRITICAL] Escalation hq-7*\nDolt is <!channel> down\n_Acknowledge: `gt escalate ack hq-7`_';
const CHAT = 'services/T1/B1/secret';

test("a town's escalation is an event, and rings wherever somebody asked for it", async () => {
  const { id, url } = await addInbound('slack');
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1\/in\/slack\/gl_inbound_/);
  const chat = await addEndpoint(team, new URL(CHAT, receiver.url).href, { kind: 'slack' });
  const where = { 'data.severity': { $in: ['critical', 'high'] }, 'data.inbound.name': 'the slack' };
  const hook = await addEndpoint(team, receiver.url, { events: ['escalation.raised'], where });
  const { status, body, headers } = await post(url, { text: SLACK });
  expect([status, body]).toEqual([200, 'ok']);
  expect(headers.get('content-type')).toMatch(/^text\/plain/);
  await post(url, { text: SLACK.replace('CRITICAL', 'LOW') });
  const inbound = { id, name: 'the slack', kind: 'slack' };
  const data = { severity: 'critical', bead: 'hq-7', text: 'Dolt is <!channel> down', channel: null, inbound };
  expect(await said()).toEqual([
    { type: 'escalation.raised', session: null, member: 'relay', data },
    { type: 'escalation.raised', session: null, member: 'relay', data: { ...data, severity: 'low' } },
  ]);
  await chat.settled();
  await hook.settled();
  const told = receiver.deliveries.find(({ path }) => path.endsWith(CHAT));
  expect(told?.event.blocks[0].text.text).toBe('❌ Escalation (critical): Dolt is &lt;!channel&gt; down');
  expect(JSON.stringify(told?.event)).toContain('gt escalate ack hq-7');
  expect(told?.body).not.toContain('<!channel>');
  expect(receiver.deliveries.filter(({ path }) => !path.endsWith(CHAT)).map(({ event }) => event.data.bead)).toEqual([
    'hq-7',
  ]);
});

test.each([
  [
    'sms',
    { to: '+15550100', body: '[Gas Town HIGH] x (bead: hq-2)' },
    'escalation.raised',
    { severity: 'high', bead: 'hq-2', text: 'x' },
  ],
  [
    'gt-notify',
    'channel=status&priority=info&message=Deacon+%26+co',
    'notice.received',
    { channel: 'status', text: 'Deacon & co' },
  ],
  ['slack', 'just text', 'notice.received', { text: 'just text' }],
])('%s takes %j whatever the content type', async (kind, body, type, data) => {
  const { url } = await addInbound(kind);
  const types = ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'image/png', ''];
  for (const contentType of types) {
    expect((await post(url, body, { 'content-type': contentType })).body).toBe('ok');
    // The same escalation is the same for ten minutes.
    await team.advance(600_000);
  }
  const log = await said();
  expect(log).toHaveLength(types.length);
  expect(log).toEqual(log.map(() => expect.objectContaining({ type, data: expect.objectContaining(data) })));
  expect(JSON.stringify(log)).not.toContain('5550100');
});

test("what curl's -F sends is its fields, and what is no form is refused", async () => {
  const { url } = await addInbound('gt-notify');
  const form = new FormData();
  form.append('message', 'Deacon & "co" is up');
  form.append('channel', 'status');
  form.append('log', new Blob(['secret']), 'daemon.log');
  const sent = await fetch(url, { method: 'POST', body: form });
  expect([sent.status, await sent.text()]).toEqual([200, 'ok']);
  expect((await said()).map(({ type, data }) => [type, data.text, data.channel])).toEqual([
    ['notice.received', 'Deacon & "co" is up', 'status'],
  ]);
  const refused = async (body: string, type: string) => (await post(url, body, { 'content-type': type })).body.detail;
  const parts = '--b\r\ncontent-disposition: form-data; name="text"\r\n\r\nx\r\n--b--\r\n';
  expect(await refused(parts, 'multipart/form-data; boundary=b')).toMatch(/^message: must be text/);
  expect(await refused(parts, 'multipart/form-data')).toMatch(/^body: must be the multipart form/);
  expect(await refused('message=x', 'multipart/form-data; boundary=b')).toMatch(/^body: must be the multipart form/);
  expect(await said()).toHaveLength(1);
});

test('a city publishes, records and reports by its URLs', async () => {
  const [extmsg, events, usage] = [
    await addInbound('gc-extmsg'),
    await addInbound('gc-events'),
    await addInbound('gc-usage'),
  ];
  const conversation = { scope_id: 's', provider: 'slack', account_id: 'T1', conversation_id: 'C1', kind: 'room' };
  const published = await post(`${extmsg.url}/publish`, { session_id: 'gc-7', conversation, text: 'ready' });
  expect(published).toMatchObject({ status: 200, body: { conversation, delivered: true } });
  const lines = ['{"type":"bead.closed","actor":"a","seq":4}', '{"type":"gasline.session.idle"}', 'x'].join('\n');
  const recorded = await post(events.url, lines);
  expect(recorded).toMatchObject({ status: 202, body: { accepted: 1, ignored: 1, rejected: [{ index: 2 }] } });
  const fact = { kind: 'model', model: 'opus', input_tokens: 7, cost_usd_estimate: 0.5 };
  expect(await post(usage.url, fact)).toMatchObject({ status: 202, body: { accepted: 1 } });
  expect(await said()).toMatchObject([
    {
      type: 'notice.received',
      data: { text: 'ready', session: 'gc-7', conversation, message: published.body.message_id },
    },
    { type: 'city.event', data: { type: 'bead.closed', actor: 'a', seq: 4, inbound: { kind: 'gc-events' } } },
    { type: 'city.usage', data: { model: 'opus', estimate_usd: '0.5', tokens: { input: 7 } } },
  ]);
  const { total } = (await team.call('GET', '/v1/usage')).body;
  expect([total.cost_usd, total.messages]).toEqual(['0', 0]);
});

test('what is said is as the examples of it', async () => {
  const [slack, events, usage] = [
    await addInbound('slack'),
    await addInbound('gc-events'),
    await addInbound('gc-usage'),
  ];
  await post(slack.url, { text: SLACK });
  await post(slack.url, { text: 'x' });
  await post(events.url, { type: 'bead.closed' });
  await post(usage.url, { kind: 'model' });
  const shapes = await shapesSaid(team);
  expect([...shapes.keys()]).toEqual(['escalation.raised', 'notice.received', 'city.event', 'city.usage']);
  expect(shapes).toEqual(await shapesOfExamples(team, [...shapes.keys()]));
});

test('a URL is good for its kind and for nothing else, and no token is good in one', async () => {
  const { url } = await addInbound('slack');
  const secret = url.slice(url.lastIndexOf('/') + 1);
  const at = (path: string) => new URL(path, url).href;
  const refusals: [Reply, number, string][] = [
    [await post(at(`/v1/in/sms/${secret}`), { body: 'x' }), 404, 'not-found'],
    [await post(at(`/v1/in/gc-extmsg/${secret}/publish`), { text: 'x' }), 404, 'not-found'],
    [await post(at(`/v1/in/pager/${secret}`), { text: 'x' }), 404, 'not-found'],
    [await post(at(`/v1/in/slack/${team.token}`), { text: 'x' }), 403, 'token-scope'],
    [await post(`${url.slice(0, -1)}${url.endsWith('a') ? 'b' : 'a'}`, { text: 'x' }), 401, 'token-invalid'],
    [await post(at('/v1/in/slack/T000'), { text: 'x' }), 401, 'token-invalid'],
    [await call(new URL(url), secret, 'POST', '/v1/events', {}), 403, 'token-scope'],
    [await call(new URL(url), secret, 'GET', '/v1/events'), 403, 'token-scope'],
    [await call(new URL(url), null, 'GET', url), 405, 'method-not-allowed'],
  ];
  expect(refusals.map(([{ status, body }]) => [status, body.type])).toEqual(
    refusals.map(([, status, kind]) => [status, `urn:gasline:problem:${kind}`]),
  );
  expect(await said()).toEqual([]);
});

test('URLs are listed without their secret, and end when they are deleted', async () => {
  const { id, url } = await addInbound('slack');
  const { body } = await team.call('GET', '/v1/inbound');
  expect(body.inbound).toEqual([
    {
      id,
      kind: 'slack',
      name: 'the slack',
      town: null,
      repeated: 0,
      secret: 'current',
      created_at: expect.any(String),
      revoked_at: null,
    },
  ]);
  const tokens = (await team.call('GET', '/v1/tokens')).body.tokens as { id: string; scope: string }[];
  expect(tokens.find((token) => token.id === id)?.scope).toBe('inbound');
  const admin = tokens.find(({ scope }) => scope === 'admin')?.id;
  expect((await team.call('DELETE', `/v1/inbound/${admin}`)).status).toBe(404);
  expect((await team.call('DELETE', `/v1/inbound/${id}`)).status).toBe(204);
  expect(await post(url, { text: 'x' })).toMatchObject({
    status: 401,
    body: { type: 'urn:gasline:problem:token-revoked' },
  });
  expect((await team.call('DELETE', `/v1/inbound/${id}`)).status).toBe(404);
});

test.each([
  [{ kind: 'pager', name: 'x' }, 'kind'],
  [{ kind: 'slack' }, 'name'],
  [{ kind: 'slack', name: 'x', url: 'y' }, 'url'],
])('no URL is made by %j', async (given, field) => {
  const { status, body } = await team.call('POST', '/v1/inbound', given);
  expect([status, body.detail]).toEqual([400, expect.stringContaining(field)]);
  const { body: token } = await team.call('POST', '/v1/tokens', { scope: 'ingest', name: 'x' });
  expect((await call(relay.relay.url, token.token, 'POST', '/v1/inbound', { kind: 'slack', name: 'x' })).status).toBe(
    403,
  );
  expect((await team.call('POST', '/v1/tokens', { scope: 'inbound', name: 'x' })).status).toBe(400);
});

test('what is too large or says nothing is refused by its field, and a long text is cut', async () => {
  const [{ url }, usage] = [await addInbound('slack'), await addInbound('gc-usage')];
  expect(await post(url, { text: 'x'.repeat(140_000) })).toMatchObject({ status: 413 });
  expect(await post(url, { text: '' })).toMatchObject({ status: 400, body: { detail: 'text: must not be empty' } });
  expect(await post(usage.url, '{"kind":"other"}')).toMatchObject({ status: 422, body: { rejected: [{ index: 0 }] } });
  expect(await post(usage.url, '')).toMatchObject({ status: 400 });
  expect(await said()).toEqual([]);
  await post(url, { text: 'x'.repeat(100_000) });
  const [{ data } = { data: null }] = await said();
  expect(data.text).toBe(`${'x'.repeat(7_999)}…`);
});

test('no source can say what these say', async () => {
  for (const type of ['escalation.raised', 'notice.received', 'city.event', 'session.stalled', 'session.resumed']) {
    const sent = { ...batch([]), events: [{ ...idle(1), type }] };
    expect((await team.call('POST', '/v1/events', sent)).status).toBe(422);
  }
});

test('an escalation is answered within milliseconds, also while its endpoint hangs', async () => {
  receiver.answer(() => 'silence');
  await addEndpoint(team, receiver.url, { events: ['escalation.*'] });
  const { url } = await addInbound('slack');
  const times: number[] = [];
  for (let index = 0; index < 40; index += 1) {
    const started = performance.now();
    expect((await post(url, { text: SLACK })).status).toBe(200);
    times.push(performance.now() - started);
  }
  report('An escalation until it is answered', [
    { times: times.length, p50_ms: median(times).toFixed(1), max_ms: Math.max(...times).toFixed(1) },
  ]);
  expect(median(times)).toBeLessThan(100);
});

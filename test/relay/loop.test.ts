// A relay that is pointed at itself, and at another.
import { request } from 'node:http';

import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { batch, idle } from './builders.ts';
import { addEndpoint, post } from './endpoint.ts';
import { startTestRelay } from './harness.ts';
import { startReceiver } from './receiver.ts';
import { useOnce, useRelay } from './setup.ts';

const relay = useRelay();
const team = useOnce(() => relay.team());

/** Asks as a proxy does which leaves the name that it was called by. */
function askAs(host: string, url: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const headers = { host, authorization: `Bearer ${team.token}`, 'content-type': 'application/json' };
  const asked = request(new URL('/v1/endpoints', relay.relay.url), { method: 'POST', headers }, (response) => {
    let body = '';
    response.setEncoding('utf8').on('data', (text: string) => (body += text));
    response.on('end', () => resolve(`${response.statusCode} ${body}`));
  });
  asked.on('error', reject).end(JSON.stringify({ kind: 'webhook', url }));
  return promise;
}

test('no endpoint is made at the name that the relay is asked by', async () => {
  const at = new URL('/v1/events', relay.relay.url).href;
  const { status, body } = await team.call('POST', '/v1/endpoints', { kind: 'webhook', url: at });
  expect([status, body.detail]).toEqual([400, `url must not lead back to this relay, got ${relay.relay.url.host}`]);
  expect(await askAs('relay.example.com', 'http://relay.example.com/')).toMatch(/^400 .*must not lead back/);
  expect(await askAs('other.example.com', 'http://relay.example.com/')).toMatch(/^201 /);
});

test.each(['/v1/events', '/', '/v1/endpoints'])(
  'by a name that it does not know for its own, the relay is found out at %s by the first delivery',
  async (path) => {
    const one = await relay.team();
    const url = new URL(path, relay.relay.url);
    url.hostname = 'localhost';
    const endpoint = await addEndpoint(one, url.href);
    await post(one, 3);
    const shown = await until('an endpoint that is disabled', async () => {
      const state = await endpoint.show();
      return state.state === 'disabled' && state;
    });
    expect(shown.reason).toBe('url leads back to a relay');
    // Nothing but what was posted, and that the endpoint was disabled.
    expect((await one.call('GET', '/v1/events')).body.head).toBe(4);
    const other = await startTestRelay();
    try {
      const elsewhere = await other.team();
      const tested = await elsewhere.call('POST', `${(await addEndpoint(elsewhere, url.href)).path}/test`);
      expect(tested.body.outcome).toEqual({ kind: 'gone', status: 508, detail: 'url leads back to a relay' });
    } finally {
      await other.close();
    }
  },
);

test('every delivery is marked, and nothing that is marked is taken', async () => {
  const receiver = await startReceiver();
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 1);
  await endpoint.settled();
  await receiver.close();
  const [delivery] = receiver.deliveries;
  expect(delivery?.headers['gasline-hops']).toBe('1');
  for (const hops of ['0', '1', '', 'x']) {
    const marked = await team.call('POST', '/v1/events', batch([idle(1)]), {
      headers: { authorization: `Bearer ${team.token}`, 'gasline-hops': hops },
    });
    expect([marked.status, marked.body.type]).toEqual([508, 'urn:gasline:problem:loop']);
  }
});

test("a server's own 508 is a failure like any other", async () => {
  const receiver = await startReceiver(() => ({ status: 508, body: 'Loop Detected' }));
  const endpoint = await addEndpoint(team, receiver.url);
  const { body } = await team.call('POST', `${endpoint.path}/test`);
  expect(body.outcome).toMatchObject({ kind: 'retry', status: 508 });
  await receiver.close();
});

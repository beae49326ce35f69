// PagerDuty through the whole relay, with one of our own on loopback that keeps alerts as its documentation says.
import { afterEach, beforeEach, expect, test } from 'vitest';

import { batch, event, idle, source } from './builders.ts';
import { addEndpoint } from './endpoint.ts';
import type { TestTeam } from './harness.ts';
import { busy as working, machine, MINUTE } from './machine.ts';
import { startReceiver, type Answer, type Delivery, type Receiver } from './receiver.ts';
import { useRelay } from './setup.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const failed = { error: { name: 'APIError', status: 500 } };

const relay = useRelay();
let team: TestTeam;
let receiver: Receiver;
/** The summaries of the alerts that are open, by their key. */
let open: Map<string, string>;
beforeEach(async () => {
  team = await relay.team();
  open = new Map();
  receiver = await startReceiver(enqueue);
});
afterEach(() => receiver.close());

/** A trigger opens an alert or joins the open one of its key; a resolve ends it, or is dropped where there is none. */
function enqueue({ event: sent }: Delivery): Answer {
  const { routing_key: routing, event_action: action, dedup_key: key, payload } = sent;
  if (routing !== KEY) return { status: 400, body: '{"status":"invalid event","errors":["Invalid routing key"]}' };
  if (key.length > 255 || (action === 'trigger' && payload.summary.length > 1_024)) return { status: 400 };
  if (action === 'resolve') open.delete(key);
  else if (!open.has(key)) open.set(key, payload.summary);
  return { status: 202, body: JSON.stringify({ status: 'success', message: 'Event processed', dedup_key: key }) };
}

const url = (key = KEY) => new URL(`integration/${key}/enqueue`, receiver.url).href;

let sources = 0;
async function say(...events: ReturnType<typeof event>[]): Promise<void> {
  sources += 1;
  const sent = events.map((one, at) => ({ ...one, seq: at + 1, id: `evt_${sources}_${at}` }));
  const { status } = await team.call('POST', '/v1/events', batch(sent, { source: source({ id: `pd_${sources}` }) }));
  expect(status).toBe(202);
}

const error = (session: string) => event(1, 'session.error', failed, { session });
const busy = (session: string) => event(1, 'session.status', { status: 'busy' }, { session });

test('a session that fails is an alert until it is gone on with, not until it is idle', async () => {
  const endpoint = await addEndpoint(team, url(), { kind: 'pagerduty' });
  await say(error('ses_1'), idle(1), error('ses_2'), error('ses_1'));
  await endpoint.settled();
  expect([...open.keys()]).toEqual([`${endpoint.id}/session/ses_1`, `${endpoint.id}/session/ses_2`]);
  expect(receiver.deliveries).toHaveLength(3);
  await say(busy('ses_1'), busy('ses_3'));
  await endpoint.settled();
  expect([...open.values()]).toEqual([expect.stringContaining('A session failed · Error: APIError (500)')]);
  expect([...open.keys()]).toEqual([`${endpoint.id}/session/ses_2`]);
});

test('what ends an alert never overtakes it, whatever becomes of the first try', async () => {
  let failures = 1;
  receiver.answer((delivery) => (failures-- > 0 ? { status: 500 } : enqueue(delivery)));
  const endpoint = await addEndpoint(team, url(), { kind: 'pagerduty' });
  await say(error('ses_1'), busy('ses_1'));
  await endpoint.attempted(1);
  await team.advance(6_000);
  await endpoint.settled();
  expect([open.size, receiver.deliveries.length]).toEqual([0, 3]);
  expect(
    (await addEndpoint(team, url(), { kind: 'pagerduty', ordered: false }).then(({ show }) => show())).ordered,
  ).toBe(false);
});

test('what ends an alert comes to an endpoint that asked for what begins it alone', async () => {
  const endpoint = await addEndpoint(team, url(), { kind: 'pagerduty', events: ['permission.asked'] });
  await say(event(1, 'permission.asked', { request: 'per_1', permission: 'bash' }), error('ses_1'));
  await endpoint.settled();
  expect([...open.keys()]).toEqual([`${endpoint.id}/permission/ses_1/per_1`]);
  await say(busy('ses_1'), event(2, 'permission.replied', { request: 'per_1', reply: 'once' }));
  await endpoint.settled();
  expect([open.size, receiver.deliveries.length]).toEqual([0, 2]);
});

test('whoever asks for everything is woken by what is an alert alone', async () => {
  const endpoint = await addEndpoint(team, url(), { kind: 'pagerduty', events: ['*'] });
  await say(idle(1), event(2, 'session.compacted', {}), event(3, 'todo.updated', todos), error('ses_1'));
  await endpoint.settled();
  expect(receiver.deliveries).toHaveLength(1);
});
const todos = { pending: 1, in_progress: 0, completed: 0, cancelled: 0 };

test('a key that PagerDuty does not know disables the endpoint, and the alert waits with it', async () => {
  const endpoint = await addEndpoint(team, url('f'.repeat(32)), { kind: 'pagerduty' });
  await say(error('ses_1'));
  await endpoint.attempted(1);
  expect(await endpoint.show()).toMatchObject({ state: 'disabled', waiting: 1 });
  await team.call('PATCH', endpoint.path, { url: url() });
  await team.call('POST', `${endpoint.path}/enable`);
  await endpoint.settled();
  expect(open.size).toBe(1);
});

test('an escalation that is told anew in other words is one alert, by its bead', async () => {
  const endpoint = await addEndpoint(team, url(), { kind: 'pagerduty' });
  for (const [kind, field, text] of [
    ['slack', 'text', '🔴 *[CRITICAL] Escalation hq-7*\nDolt is down\n_Acknowledge: `gt escalate ack hq-7`_'],
    ['sms', 'body', '[Gas Town CRITICAL] Dolt is still down (bead: hq-7)'],
    ['slack', 'text', '⚪ *[LOW] Escalation hq-8*\nat leisure\n_Acknowledge: `gt escalate ack hq-8`_'],
  ] as const) {
    const { body } = await team.call('POST', '/v1/inbound', { kind, name: 'lab' });
    expect((await team.call('POST', new URL(body.url).pathname, { [field]: text })).status).toBe(200);
  }
  await endpoint.settled();
  expect([...open.entries()]).toEqual([
    [`${endpoint.id}/escalation/hq-7`, expect.stringContaining('Escalation (critical): Dolt is down')],
  ]);
  expect(receiver.deliveries.map(({ event: sent }) => sent.payload.severity)).toEqual(['critical', 'critical']);
});

test('a session that falls silent is an alert until it is heard of, whatever it says then', async () => {
  const endpoint = await addEndpoint(team, url(), { kind: 'pagerduty' });
  const box = machine(team);
  await box.say(working());
  await box.wait(15 * MINUTE + 1_000);
  await endpoint.settled();
  expect([...open.keys()]).toEqual([`${endpoint.id}/stalled/ses_1`]);
  await box.say(['session.error', { data: failed }]);
  await endpoint.settled();
  expect([...open.keys()]).toEqual([`${endpoint.id}/session/ses_1`]);
});

test('a 429 without a wait is one of two minutes', async () => {
  let refusals = 1;
  receiver.answer((delivery) => (refusals-- > 0 ? { status: 429 } : enqueue(delivery)));
  const endpoint = await addEndpoint(team, url(), { kind: 'pagerduty' });
  await say(error('ses_1'));
  await endpoint.attempted(1);
  await team.advance(110_000);
  expect(receiver.deliveries).toHaveLength(1);
  await team.advance(11_000);
  await endpoint.settled();
  expect([open.size, receiver.deliveries.length]).toEqual([1, 2]);
});

test('the key stands in no attempt', async () => {
  const endpoint = await addEndpoint(team, url('f'.repeat(32)), { kind: 'pagerduty' });
  await say(error('ses_1'));
  await endpoint.attempted(1);
  expect(JSON.stringify(await endpoint.attempts())).not.toContain('f'.repeat(32));
});

test('a test is an alert that can be seen', async () => {
  const endpoint = await addEndpoint(team, url(), { kind: 'pagerduty' });
  const { body } = await team.call('POST', `${endpoint.path}/test`);
  expect(body.outcome).toEqual({ kind: 'delivered', status: 202 });
  expect([...open.values()]).toEqual(['A test from Gasline: messages arrive here']);
});

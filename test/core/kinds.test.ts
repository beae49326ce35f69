// What is each destination's own: what its target's answers mean, which URLs it may have, and how it calls them.
import { expect, test } from 'vitest';

import { vetFor } from '../../worker/destination/address.ts';
import { destinations, type DestinationKind } from '../../worker/destination/destinations.ts';
import { outgoing } from '../../worker/event/event.ts';
import { TARGETS } from './targets.ts';
import { event } from './told.ts';

const PUBLIC_ONLY = { allowPrivate: false };

function render(kind: DestinationKind, url = TARGETS[kind].url) {
  return destinations[kind].render(
    { event: outgoing(event()), url, endpoint: 'ep_1', keys: [], format: 'standard' as const },
    0,
  );
}

test.each([
  ['slack', 404, 'no_service', 'gone'],
  ['slack', 400, 'invalid_token', 'gone'],
  ['slack', 410, 'channel_is_archived', 'gone'],
  ['slack', 400, 'user_not_found', 'gone'],
  ['slack', 400, 'invalid_blocks', 'rejected'],
  ['slack', 403, 'invalid_payload', 'rejected'],
  ['slack', 500, 'rollup_error', 'retry'],
  ['discord', 404, '{"message": "Unknown Webhook", "code": 10015}', 'gone'],
  ['discord', 401, '{"message": "Invalid Webhook Token", "code": 50027}', 'gone'],
  ['discord', 400, '{"code": 50035, "message": "Invalid Form Body"}', 'rejected'],
  ['telegram', 400, '{"ok":false,"description":"Bad Request: chat not found"}', 'gone'],
  ['telegram', 403, '{"ok":false,"description":"Forbidden: bot was blocked by the user"}', 'gone'],
  ['telegram', 400, '{"ok":false,"description":"Bad Request: message is too long"}', 'rejected'],
  ['teams', 404, '{"error":{"code":"WorkflowNotFound"}}', 'gone'],
  ['teams', 400, '{"error":{"code":"TriggerInputSchemaMismatch"}}', 'rejected'],
  ['ntfy', 413, '{"code":41302}', 'rejected'],
  ['ntfy', 507, '{"code":50701}', 'retry'],
  ['pagerduty', 202, '{"status":"success","message":"Event processed","dedup_key":"k"}', 'delivered'],
  ['pagerduty', 400, '{"status":"invalid event","errors":["\'payload.summary\' is missing or blank"]}', 'rejected'],
  ['pagerduty', 400, '{"status":"invalid event","errors":["Length of \'routing_key\' is incorrect"]}', 'gone'],
  ['pagerduty', 400, 'Invalid routing key', 'gone'],
  ['email', 200, '{"id":"49a3999c"}', 'delivered'],
  ['email', 403, '{"name":"validation_error","message":"The example.com domain is not verified."}', 'retry'],
  ['email', 403, '{"name":"invalid_api_key"}', 'retry'],
  ['email', 409, '{"name":"concurrent_idempotent_requests"}', 'retry'],
  ['email', 409, '{"name":"invalid_idempotent_request"}', 'rejected'],
  ['email', 422, '{"name":"invalid_parameter"}', 'rejected'],
  ['email', 422, '{"name":"E_RECIPIENT_SUPPRESSED"}', 'gone'],
  ['email', 429, '{"name":"daily_quota_exceeded"}', 'retry'],
  ['gascity', 201, '{"status":"recorded"}', 'delivered'],
  [
    'gascity',
    403,
    '{"status":403,"detail":"read_only: mutations disabled: server bound to non-localhost address"}',
    'gone',
  ],
  [
    'gascity',
    404,
    '{"status":404,"title":"Not Found","detail":"not_found: city not found or not running: lab"}',
    'retry',
  ],
  ['gascity', 409, '{"type":"urn:gascity:error:idempotency-in-flight","status":409,"detail":"in flight"}', 'retry'],
  [
    'gascity',
    422,
    '{"type":"urn:gascity:error:validation-failed","status":422,"detail":"validation failed"}',
    'rejected',
  ],
  ['gascity', 503, '{"status":503,"detail":"events not enabled"}', 'retry'],
] as const)('%s: %i with %s is %s', (kind, status, body, outcome) => {
  expect(destinations[kind].classify({ status, headers: new Map(), body }, 0).kind).toBe(outcome);
});

test.each([
  ['slack', 'https://hooks.slack.com.evil.example/services/T/B/x', 'url must be at hooks.slack.com'],
  ['slack', 'https://hooks.slack.com/workflows/T/B/x', 'url must be that of an incoming webhook'],
  ['slack', 'https://discord.com/api/webhooks/1/x', 'url must be at hooks.slack.com'],
  ['discord', 'https://discord.com/channels/1/2', 'url must be that of a webhook'],
  ['discord', 'https://evildiscord.com/api/webhooks/1/x', 'url must be at discord.com'],
  [
    'teams',
    'https://prod-1.westeurope.logic.azure.com/workflows/x?sig=y',
    'url must be at *.environment.api.powerplatform.com',
  ],
  ['teams', 'https://a.environment.api.powerplatform.com/workflows/x', 'url must be that of a workflow'],
  ['google-chat', 'https://chat.googleapis.com/v1/spaces/A/messages?key=k', 'url must be that of a webhook'],
  ['telegram', 'https://api.telegram.org/bot1:x/sendMessage', 'url must be such as'],
  ['telegram', 'https://api.telegram.org/bot1:x/getUpdates?chat_id=1', 'url must be such as'],
  ['ntfy', 'https://ntfy.sh/', 'url must be that of a topic'],
  ['ntfy', 'https://ntfy.sh/topic/json', 'url must be that of a topic'],
  ['ntfy', 'https://192.168.0.1/topic', 'url must name a public server'],
  ['pagerduty', 'https://events.pagerduty.com/v2/enqueue', 'url must be that of an Events API v2 integration'],
  ['pagerduty', `https://events.pagerduty.com/integration/${'a'.repeat(31)}/enqueue`, 'url must be that of'],
  ['pagerduty', `https://events.pagerduty.com/integration/${'a'.repeat(33)}/enqueue`, 'url must be that of'],
  ['gascity', 'https://city.example.com/', 'url must be that of a city'],
  ['gascity', 'https://city.example.com/v0/city/lab/events', 'url must be that of a city'],
  ['gascity', 'https://city.example.com/v0/city/a b', 'url must be that of a city'],
  ['gascity', 'http://127.0.0.1:8372/v0', 'url must be https'],
  ['email', 'https://example.com', 'url must be such as mailto:oncall@example.com'],
  ['email', 'oncall@example.com', 'url must be such as mailto:oncall@example.com'],
  ['pagerduty', `https://pagerduty.com/integration/${'a'.repeat(32)}/enqueue`, 'url must be at events.pagerduty.com'],
] as const)('%s may not have the URL %s', (kind, url, words) => {
  const vetted = vetFor(destinations[kind], url, PUBLIC_ONLY);
  expect(!vetted.ok && vetted.error.slice(0, words.length)).toBe(words);
});

test('an operator that allows private endpoints may put a receiver in the place of a target', () => {
  const url = 'http://127.0.0.1:9/services/T/B/x';
  expect(vetFor(destinations.slack, url, PUBLIC_ONLY).ok).toBe(false);
  expect(vetFor(destinations.slack, url, { allowPrivate: true }).ok).toBe(true);
});

test('discord is asked to say whether it saved the message, and keeps what the URL holds', async () => {
  const { url } = await render('discord', `${TARGETS.discord.url}?thread_id=5`);
  expect(url).toBe('https://discord.com/api/webhooks/1/x?thread_id=5&wait=true');
});

test('google chat is told of the event, so that a retry is not read twice', async () => {
  const { url } = await render('google-chat');
  expect(new URL(url).searchParams.get('requestId')).toBe('acme-7');
});

test('telegram gets the chat and its topic in the body, and no query', async () => {
  const { url, body } = await render('telegram', `${TARGETS.telegram.url}&message_thread_id=4`);
  expect(url).toBe('https://api.telegram.org/bot1:x_y/sendMessage');
  expect(JSON.parse(body)).toMatchObject({ chat_id: '-100', message_thread_id: 4 });
});

test('pagerduty gets the key in the body, where its API is, in Europe too', async () => {
  const { url, body } = await render('pagerduty', TARGETS.pagerduty.url.replace('events.', 'events.eu.'));
  expect([url, JSON.parse(body).routing_key]).toEqual(['https://events.eu.pagerduty.com/v2/enqueue', '0a'.repeat(16)]);
});

test("ntfy gets JSON at the server's root, its topic within", async () => {
  const { url, body } = await render('ntfy', 'https://ntfy.sh/topic?auth=x');
  expect([url, JSON.parse(body).topic]).toEqual(['https://ntfy.sh/?auth=x', 'topic']);
});

test.each([
  ['https://city.example.com/v0/city/lab', 'https://city.example.com/v0/city/lab/events'],
  ['https://city.example.com/v0/city/lab/', 'https://city.example.com/v0/city/lab/events'],
  ['https://city.example.com/v0', 'https://city.example.com/v0/events'],
  ['https://example.com/towns/v0/city/lab?key=x', 'https://example.com/towns/v0/city/lab/events?key=x'],
])('gascity at %s is called at %s', async (given, called) => {
  expect(vetFor(destinations.gascity, given, PUBLIC_ONLY).ok).toBe(true);
  const { url, headers } = await render('gascity', given);
  expect([url, headers]).toEqual([
    called,
    { 'content-type': 'application/json', 'x-gc-request': 'gasline', 'idempotency-key': 'acme-7/ep_1' },
  ]);
});

test.each([
  [
    '{"type":"urn:gascity:error:idempotency-mismatch","status":422,"title":"Unprocessable","detail":"another body"}',
    'answered 422: idempotency-mismatch: another body',
  ],
  ['{"code":"validation-failed","title":"Unprocessable"}', 'answered 422: validation-failed: Unprocessable'],
  ['{"status":422,"detail":"read_only: no"}', 'answered 422: read_only: no'],
  ['{"detail":5}', 'answered 422: {"detail":5}'],
  ['{"detail":"cut o', 'answered 422: {"detail":"cut o'],
  ['', 'answered 422'],
])('gascity: of %s an attempt keeps "%s"', (body, detail) => {
  const answer = { status: 422, headers: new Map(), body };
  expect(destinations.gascity.classify(answer, 0)).toMatchObject({ kind: 'rejected', detail });
});

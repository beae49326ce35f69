import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';

import { parseSecret, secretFor, signed } from '../../../plugin/cli/follow/sign.ts';
import { verify } from '../../../plugin/webhook/index.ts';
import { SPECIFICATION } from '../../support/signed.ts';
import { event, following } from './follow.ts';

const HOOK = 'http://127.0.0.1:3000/hook';
const NOW = Date.parse('2026-11-22T23:30:00Z');

interface Got {
  readonly url: string;
  readonly body: string;
  readonly headers: Record<string, string>;
}

/** A receiver that answers in turn, with 204 at the end. */
function receiver(...answers: readonly (number | 'refused')[]) {
  const got: Got[] = [];
  const left = [...answers];
  const others = async (url: URL, init: RequestInit = {}) => {
    const headers = Object.fromEntries(new Headers(init.headers));
    got.push({ url: url.href, body: typeof init.body === 'string' ? init.body : '', headers });
    const answer = left.shift() ?? 204;
    if (answer === 'refused') throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
    return new Response(null, { status: answer });
  };
  return { got, others };
}

it('the published vector is signed as the specification does', () => {
  const { id, body, timestamp, v1 } = SPECIFICATION;
  expect(signed(v1.secret, { id, body }, timestamp * 1_000 + 999)).toEqual({
    'webhook-id': id,
    'webhook-timestamp': timestamp.toString(),
    'webhook-signature': v1.signature,
  });
});

it('what is delivered is the event, signed so that two verifiers take it, and shown both ways', async () => {
  const { got, others } = receiver();
  const events = [event(41, 'session.idle'), event(42, 'custom.type', { text: 'ü\u2028' })];
  const { code, stdout } = await following(['listen', '--forward', HOOK], [events], { others });
  const secret = secretFor('gl_read');
  expect([code, stdout]).toEqual([
    0,
    `Events go to ${HOOK}, signed with ${secret}\n` +
      '--> session.idle [team-41]\n<-- 204 [team-41]\n--> custom.type [team-42]\n<-- 204 [team-42]\n',
  ]);
  for (const [at, { url, body, headers }] of got.entries()) {
    expect([url, headers['content-type'], headers['webhook-id']]).toEqual([HOOK, 'application/json', events[at]?.id]);
    expect(await verify(body, headers, secret, { now: () => NOW })).toEqual(events[at]);
    // It takes no clock of ours.
    const fresh = { ...headers, ...signed(secret, { id: headers['webhook-id'] ?? '', body }, Date.now()) };
    expect(new Webhook(secret).verify(body, fresh)).toEqual(events[at]);
  }
});

it('a failure is tried twice more and then given up, and the next event has its turn', async () => {
  const { got, others } = receiver(500, 'refused', 302);
  const { stdout } = await following(['listen', '-f', HOOK], [[event(41, 'a.b'), event(42, 'a.b')]], { others });
  expect(stdout.split('\n').slice(1, -1)).toEqual([
    '--> a.b [team-41]',
    '<-- 500 [team-41]: again in 1 s',
    '<-- connect ECONNREFUSED [team-41]: again in 3 s',
    '<-- 302 [team-41]: given up',
    '--> a.b [team-42]',
    '<-- 204 [team-42]',
  ]);
  expect(got.map(({ headers }) => headers['webhook-id'])).toEqual(['team-41', 'team-41', 'team-41', 'team-42']);
});

it('a secret of one’s own signs, and is not shown', async () => {
  const { got, others } = receiver();
  const { secret } = SPECIFICATION.v1;
  const { stdout } = await following(['listen', '-f', HOOK, '--secret', secret], [[event(41, 'a.b')]], { others });
  expect(stdout).not.toContain(secret.slice(6));
  expect(await verify(got[0]?.body ?? '', got[0]?.headers ?? {}, secret, { now: () => NOW })).toMatchObject({
    seq: 41,
  });
});

it('the default secret is a whole one, and another for another token', () => {
  const secrets = ['gl_a', 'gl_b', ''].map(secretFor);
  expect(secrets.map(parseSecret)).toEqual(secrets);
  expect(new Set(secrets).size).toBe(3);
});

it.each([
  [[], /where to\? give --forward/],
  [['--forward', 'localhost:3000'], /--forward must be an http or https address, got localhost:3000/],
  [['--forward', 'nowhere'], /--forward must be an http or https address, got nowhere/],
  [['--forward', HOOK, '--secret', 'mine'], /--secret must be whsec_ and 24 to 64 bytes in base64/],
  [['--forward', HOOK, '--secret', 'whsec_c2hvcnQ='], /--secret must be whsec_/],
])('%j is misused', async (words, line) => {
  const { code, stderr, asked } = await following(['listen', ...words], []);
  expect([code, asked]).toEqual([2, []]);
  expect(stderr).toMatch(line);
});

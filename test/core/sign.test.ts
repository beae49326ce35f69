import * as fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';

import { newSecret, signatureHeaders } from '../../worker/delivery/sign.ts';

// The vector that the Standard Webhooks libraries publish.
const VECTOR = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  body: '{"test": 2432232314}',
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  timestamp: 1_614_265_330,
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};

test("the published vector's signature comes out bit for bit", async () => {
  const headers = await signatureHeaders(VECTOR, VECTOR.secret, VECTOR.timestamp * 1_000 + 999);
  expect(headers).toEqual({
    'webhook-id': VECTOR.id,
    'webhook-timestamp': VECTOR.timestamp.toString(),
    'webhook-signature': VECTOR.signature,
  });
});

test('a verifier that is not ours accepts what we sign, whatever the text', async () => {
  const bytes = fc.uint8Array({ minLength: 24, maxLength: 24 });
  await fc.assert(
    fc.asyncProperty(bytes, fc.json(), fc.string({ unit: 'grapheme' }), async (key, json, extra) => {
      const body = JSON.stringify({ json, extra });
      const secret = newSecret(() => key);
      const headers = await signatureHeaders({ id: 'team-1', body }, secret, Date.now());
      expect(new Webhook(secret).verify(body, headers)).toEqual({ json, extra });
    }),
    { numRuns: 50 },
  );
});

test('a verifier that is not ours refuses a changed body, id or key', async () => {
  const secret = newSecret((count) => crypto.getRandomValues(new Uint8Array(count)));
  const headers = await signatureHeaders({ id: 'team-1', body: '{"a":1}' }, secret, Date.now());
  const other = newSecret((count) => crypto.getRandomValues(new Uint8Array(count)));
  expect(() => new Webhook(secret).verify('{"a":2}', headers)).toThrow('No matching signature found');
  expect(() => new Webhook(secret).verify('{"a":1}', { ...headers, 'webhook-id': 'team-2' })).toThrow(
    'No matching signature found',
  );
  expect(() => new Webhook(other).verify('{"a":1}', headers)).toThrow('No matching signature found');
});

test('a new secret holds at least the 24 bytes of the specification', () => {
  const secret = newSecret((count) => new Uint8Array(count).fill(7));
  expect(secret.startsWith('whsec_')).toBe(true);
  expect(Buffer.from(secret.slice('whsec_'.length), 'base64').length).toBeGreaterThanOrEqual(24);
});

import * as fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { Webhook as Svix } from 'svix';
import { expect, test } from 'vitest';

import { WebhookError, verify } from '../../plugin/webhook/index.ts';
import { signatureHeaders } from '../../worker/delivery/sign.ts';
import { newKey, newSecret } from '../../worker/delivery/signing-key.ts';
import { SPECIFICATION } from '../support/signed.ts';

const random = (count: number) => crypto.getRandomValues(new Uint8Array(count));

test("the specification's signatures come out bit for bit, with one key and with both", async () => {
  const { id, body, timestamp, v1, v1a } = SPECIFICATION;
  const now = timestamp * 1_000 + 999;
  const signed = { 'webhook-id': id, 'webhook-timestamp': timestamp.toString() };
  expect(await signatureHeaders({ id, body }, [v1.secret], now)).toEqual({
    ...signed,
    'webhook-signature': v1.signature,
  });
  expect(await signatureHeaders({ id, body }, [v1a.secret], now)).toEqual({
    ...signed,
    'webhook-signature': v1a.signature,
  });
  expect(await signatureHeaders({ id, body }, [v1a.secret, v1.secret], now)).toEqual({
    ...signed,
    'webhook-signature': `${v1a.signature} ${v1.signature}`,
  });
});

test('verifiers that are not ours accept what we sign, whatever the text', async () => {
  const bytes = fc.uint8Array({ minLength: 24, maxLength: 24 });
  await fc.assert(
    fc.asyncProperty(bytes, fc.json(), fc.string({ unit: 'grapheme' }), async (key, json, extra) => {
      const body = JSON.stringify({ json, extra });
      const secret = newSecret(() => key);
      const headers = await signatureHeaders({ id: 'team-1', body }, [secret], Date.now());
      expect(new Webhook(secret).verify(body, headers)).toEqual({ json, extra });
      expect(() => new Svix(secret).verify(body, headers)).not.toThrow();
      expect(await verify(body, headers, secret)).toEqual({ json, extra });
    }),
    { numRuns: 50 },
  );
});

test('verifiers that are not ours find their key among several', async () => {
  const keys = await Promise.all([newKey('v1a', random), newKey('v1', random), newKey('v1', random)]);
  const body = '{"a":1}';
  const headers = await signatureHeaders(
    { id: 'team-1', body },
    keys.map(({ secret }) => secret),
    Date.now(),
  );
  for (const { secret } of keys.slice(1)) {
    expect(new Webhook(secret).verify(body, headers)).toEqual({ a: 1 });
    expect(() => new Svix(secret).verify(body, headers)).not.toThrow();
  }
  for (const { secret, publicKey } of keys) {
    expect(await verify(body, headers, publicKey ?? secret)).toEqual({ a: 1 });
  }
});

test('verifiers that are not ours refuse a changed body, id or key', async () => {
  const [secret, other] = [newSecret(random), newSecret(random)];
  const headers = await signatureHeaders({ id: 'team-1', body: '{"a":1}' }, [secret], Date.now());
  const cases = [
    [secret, '{"a":2}', headers],
    [secret, '{"a":1}', { ...headers, 'webhook-id': 'team-2' }],
    [other, '{"a":1}', headers],
  ] as const;
  for (const [key, body, changed] of cases) {
    expect(() => new Webhook(key).verify(body, changed)).toThrow('No matching signature found');
    expect(() => new Svix(key).verify(body, changed)).toThrow('No matching signature found');
    await expect(verify(body, changed, key)).rejects.toThrow(WebhookError);
  }
});

test('a new secret holds at least the 24 bytes of the specification, and no two are the same', async () => {
  const [one, other] = await Promise.all([newKey('v1', random), newKey('v1', random)]);
  expect(one.publicKey).toBeNull();
  expect(one.secret).not.toBe(other.secret);
  expect(Buffer.from(one.secret.replace(/^whsec_/, ''), 'base64').length).toBeGreaterThanOrEqual(24);
});

test('a new pair is a seed with its public key, and the public key alone', async () => {
  const { secret, publicKey } = await newKey('v1a', random);
  const bytes = Buffer.from(secret.replace(/^whsk_/, ''), 'base64');
  expect(bytes).toHaveLength(64);
  expect(publicKey).toBe(`whpk_${bytes.subarray(32).toString('base64')}`);
});

import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { verify, WebhookError, type WebhookHeaders } from '../../plugin/webhook/index.ts';
import { signedBy, SPECIFICATION } from '../support/signed.ts';

const { body, id, timestamp, v1, v1a } = SPECIFICATION;
const now = () => timestamp * 1_000;
const OTHER_SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const OTHER_PUBLIC = `whpk_${Buffer.alloc(32, 7).toString('base64')}`;
const EVENT = { test: 2_432_232_314 };

/** What it is refused for. Anything but our own error fails the test. */
async function codeOf(
  headers: unknown,
  keys: unknown = v1.secret,
  text: unknown = body,
  options: object = {},
): Promise<string> {
  try {
    await verify(text as string, headers as WebhookHeaders, keys as string, { now, ...options });
    return 'accepted';
  } catch (error) {
    if (error instanceof WebhookError) return error.code;
    throw error;
  }
}

/** A body of any bytes, signed for the moment. */
function sign(bytes: Uint8Array): Record<string, string> {
  const hmac = createHmac('sha256', Buffer.from(v1.secret.slice('whsec_'.length), 'base64'));
  return signedBy(`v1,${hmac.update(`${id}.${timestamp}.`).update(bytes).digest('base64')}`);
}

test.each([
  ['v1', v1.signature, v1.secret],
  ['v1a', v1a.signature, v1a.publicKey],
])("the specification's %s vector is accepted, as text and as bytes", async (_, signature, key) => {
  const headers = signedBy(signature);
  expect(await verify(body, headers, key, { now })).toEqual(EVENT);
  expect(await verify(Buffer.from(`..${body}`).subarray(2), headers, key, { now })).toEqual(EVENT);
});

test.each([
  ['of the fetch standard', new Headers(signedBy(v1.signature))],
  [
    'spelled as a gateway likes',
    Object.fromEntries(Object.entries(signedBy(v1.signature)).map(([k, v]) => [k.toUpperCase(), v])),
  ],
  ['as lists of one', Object.fromEntries(Object.entries(signedBy(v1.signature)).map(([k, v]) => [k, [v]]))],
  ['among others', { ...signedBy(v1.signature), 'set-cookie': ['a', 'b'], host: undefined }],
])('headers %s are read', async (_, headers) => {
  expect(await codeOf(headers)).toBe('accepted');
});

test('one good signature and one good key among others are enough, in any order', async () => {
  const noise = ['v2,aGVsbG8=', 'v1,AAAA', 'v1', '', 'v1a,not base64', `v1,${'A'.repeat(43)}=`];
  for (const [signature, key] of [
    [v1.signature, v1.secret],
    [v1a.signature, v1a.publicKey],
  ] as const) {
    for (const signatures of [
      [...noise, signature],
      [signature, ...noise],
    ]) {
      expect(await codeOf(signedBy(...signatures), [OTHER_SECRET, OTHER_PUBLIC, key])).toBe('accepted');
    }
  }
});

test.each([
  ['another secret', signedBy(v1.signature), OTHER_SECRET],
  ['another public key', signedBy(v1a.signature), OTHER_PUBLIC],
  ['a key of the other version', signedBy(v1.signature), v1a.publicKey],
  ['another id', { ...signedBy(v1.signature), 'webhook-id': 'msg_other' }, v1.secret],
  ['another id, v1a', { ...signedBy(v1a.signature), 'webhook-id': 'msg_other' }, v1a.publicKey],
  ['another time', { ...signedBy(v1.signature), 'webhook-timestamp': `${timestamp + 1}` }, v1.secret],
  // 1614265330 and 01614265330 are one time and not one text: what is signed is the text.
  ['another text of the time', { ...signedBy(v1.signature), 'webhook-timestamp': `0${timestamp}` }, v1.secret],
])('%s is no match', async (_, headers, key) => {
  expect(await codeOf(headers, key)).toBe('signature-mismatch');
});

test('a public key is no secret that a v1 signature could be forged with', async () => {
  const bytes = Buffer.from(v1a.publicKey.slice('whpk_'.length), 'base64');
  const forged = createHmac('sha256', bytes).update(`${id}.${timestamp}.${body}`).digest('base64');
  expect(await codeOf(signedBy(`v1,${forged}`), v1a.publicKey)).toBe('signature-mismatch');
  expect(await codeOf(signedBy(`v1a,${forged}`), v1a.publicKey)).toBe('signature-malformed');
});

test('any changed bit of body or signature is refused', async () => {
  const bytes = Buffer.from(body);
  for (const [version, { signature }, key] of [
    ['v1', v1, v1.secret],
    ['v1a', v1a, v1a.publicKey],
  ] as const) {
    const raw = Buffer.from(signature.slice(version.length + 1), 'base64');
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(7), fc.boolean(), async (place, bit, inBody) => {
        const [text, signed] = [Buffer.from(bytes), Buffer.from(raw)];
        const target = inBody ? text : signed;
        const at = place % target.length;
        target.writeUInt8(target.readUInt8(at) ^ (1 << bit), at);
        const headers = signedBy(`${version},${signed.toString('base64')}`);
        expect(await codeOf(headers, key, text)).toBe('signature-mismatch');
      }),
      { numRuns: 100 },
    );
  }
});

test.each([
  [300, 'accepted'],
  [301, 'timestamp-old'],
  [-300, 'accepted'],
  [-301, 'timestamp-future'],
])('%d s after it was signed a message is %s', async (seconds, expected) => {
  const later = () => (timestamp + seconds) * 1_000 + 999;
  expect(await codeOf(signedBy(v1.signature), v1.secret, body, { now: later })).toBe(expected);
});

test('the tolerance can be set, and one that is not a number lets nothing pass', async () => {
  const headers = signedBy(v1.signature);
  const late = { now: () => (timestamp + 10) * 1_000 };
  expect(await codeOf(headers, v1.secret, body, { ...late, toleranceS: 10 })).toBe('accepted');
  expect(await codeOf(headers, v1.secret, body, { ...late, toleranceS: 9 })).toBe('timestamp-old');
  expect(await codeOf(headers, v1.secret, body, { ...late, toleranceS: Number.NaN })).toBe('timestamp-old');
  expect(await codeOf(headers, v1.secret, body, { now: () => Number.NaN })).toBe('timestamp-old');
  expect(await codeOf(headers, v1.secret, body, { now: Date.now })).toBe('timestamp-old');
});

const NAMES = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;
test.each(NAMES)('%s must be there, once', async (name) => {
  const headers = signedBy(v1.signature);
  const value = headers[name];
  const { [name]: _, ...without } = headers;
  expect(await codeOf(without)).toBe('header-missing');
  expect(await codeOf({ ...headers, [name]: '' })).toBe('header-missing');
  expect(await codeOf(new Headers(without))).toBe('header-missing');
  expect(await codeOf({ ...headers, [name]: [value, value] })).toBe('header-duplicate');
  expect(await codeOf({ ...headers, [name.toUpperCase()]: value })).toBe('header-duplicate');
  const twice = new Headers(headers);
  twice.append(name, value);
  expect(await codeOf(twice)).toBe('header-duplicate');
});

test.each(['1e9', '-1614265330', '1614265330.5', ' 1614265330', '0x6037c2f2', 'now', '9'.repeat(13)])(
  'the timestamp %j is malformed',
  async (text) => {
    expect(await codeOf({ ...signedBy(v1.signature), 'webhook-timestamp': text })).toBe('timestamp-malformed');
  },
);

test.each([
  ['a version alone', 'v1'],
  ['a version of tomorrow', 'v2,aGVsbG8='],
  ['base64 without its padding', v1.signature.replace(/=+$/, '')],
  ['base64 of URLs', v1.signature.replace('+', '-')],
  ['too few bytes', 'v1,aGVsbG8='],
  ['v1a of the size of v1', v1.signature.replace('v1', 'v1a')],
  ['signatures without end', `${v1.signature} `.repeat(21).trim()],
])('%s is no signature', async (_, text) => {
  expect(await codeOf(signedBy(text))).toBe('signature-malformed');
});

test.each([
  ['none', []],
  ['nothing', null],
  ['an empty secret', 'whsec_'],
  ['a short secret', 'whsec_aGVsbG8='],
  ['a secret without its prefix', v1.secret.slice('whsec_'.length)],
  ['the private key', v1a.secret],
  ['a public key of another size', `whpk_${Buffer.alloc(31).toString('base64')}`],
  ['one bad key among good ones', [v1.secret, 'whsec_?']],
])('%s for a key is the fault of the receiver, and the message does not repeat it', async (_, keys) => {
  expect(await codeOf(signedBy(v1.signature), keys)).toBe('key-malformed');
  const said = await verify(body, signedBy(v1.signature), keys as string[], { now }).catch(String);
  expect(said).not.toMatch(/aGVsbG8|MfKQ9r8|6Xb\/dC/);
});

test('JSON that a framework has parsed is no body', async () => {
  expect(await codeOf(signedBy(v1.signature), v1.secret, EVENT)).toBe('body-type');
  expect(await codeOf(signedBy(v1.signature), v1.secret, null)).toBe('body-type');
});

test.each([
  ['text', Buffer.from('hello')],
  ['nothing', Buffer.alloc(0)],
  ['a list', Buffer.from('[1]')],
  ['null', Buffer.from('null')],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
])('%s, signed, is refused for what it is', async (_, bytes) => {
  expect(await codeOf(sign(bytes), v1.secret, bytes)).toBe('body-malformed');
});

test('hostile headers, bodies and keys meet our own error and no other', async () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...Object.values(signedBy(v1a.signature))));
  const value = fc.oneof(text, fc.array(text), fc.anything());
  const headers = fc.oneof(
    fc.anything(),
    fc.record({ 'webhook-id': value, 'webhook-timestamp': value, 'webhook-signature': value }),
    fc
      .array(
        fc.oneof(
          text,
          text.map((part) => `v1,${part}`),
          text.map((part) => `v1a,${part}`),
        ),
      )
      .map((all) => signedBy(...all)),
  );
  const point = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => `whpk_${Buffer.from(bytes).toString('base64')}`);
  const keys = fc.oneof(fc.constant(v1.secret), point, fc.anything(), fc.array(fc.oneof(point, text)));
  const given = fc.oneof(text, fc.uint8Array(), fc.anything());
  await fc.assert(
    fc.asyncProperty(headers, keys, given, async (...hostile) => {
      expect(await codeOf(...hostile)).not.toBe('accepted');
    }),
    { numRuns: 1_000 },
  );
});

test('the verifier knows web standards alone', () => {
  const folder = join(import.meta.dirname, '..', '..', 'plugin', 'webhook');
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  const text = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
  expect(files.length).toBeGreaterThan(3);
  expect(text).not.toMatch(/from 'node:|\bBuffer\b|\bprocess\./);
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { isSealed, open, seal, toBase64 } from '../../worker/access/cipher.ts';
import { keyId, keyringOf, sealingKey, type Keyring } from '../../worker/access/keyring.ts';

const OWNER = 'ep_1';
const SECRET: Keyring = ['an operator secret'];

function opens(sealed: string, owner = OWNER, keyring = SECRET): Promise<boolean> {
  return open(sealed, owner, keyring).then(
    () => true,
    () => false,
  );
}

test('what was sealed opens for its owner', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (plain) => {
      expect(await open(await seal(plain, OWNER, SECRET), OWNER, SECRET)).toBe(plain);
    }),
    { numRuns: 30 },
  );
});

test('the same secret is never sealed to the same text, and cannot be read in it', async () => {
  const [a, b] = [await seal('whsec_abc', OWNER, SECRET), await seal('whsec_abc', OWNER, SECRET)];
  expect(a).not.toBe(b);
  expect(a).not.toContain('whsec');
});

test('another owner or another operator cannot open it', async () => {
  const sealed = await seal('whsec_abc', OWNER, SECRET);
  expect(await opens(sealed)).toBe(true);
  expect(await opens(sealed, 'ep_2')).toBe(false);
  expect(await opens(sealed, OWNER, ['another secret'])).toBe(false);
});

test('a text with any one character changed does not open', async () => {
  // 8 bytes and a tag of 16 fill base64 without a rest: no character carries bits that belong to no byte.
  const sealed = await seal('whsec_ab', OWNER, SECRET);
  for (const index of sealed.split('').keys()) {
    const changed = sealed.slice(0, index) + (sealed[index] === 'A' ? 'Z' : 'A') + sealed.slice(index + 1);
    expect([changed, await opens(changed)]).toEqual([changed, false]);
  }
});

test('what is under a previous secret opens, and can be told from what is under the newest', async () => {
  const old = await seal('whsec_abc', OWNER, SECRET);
  const both: Keyring = ['a newer secret', ...SECRET];
  const sealed = await seal('whsec_abc', OWNER, both);
  expect([await open(old, OWNER, both), await open(sealed, OWNER, both)]).toEqual(['whsec_abc', 'whsec_abc']);
  expect([await opens(sealed), await opens(old, OWNER, ['a newer secret'])]).toEqual([false, false]);
  expect(old.startsWith(`a2.${await keyId(SECRET[0])}.`)).toBe(true);
  expect(sealed.startsWith(`a2.${await keyId('a newer secret')}.`)).toBe(true);
});

test('what was sealed before keys had ids opens under any of them', async () => {
  const iv = new Uint8Array(12);
  const additionalData = new TextEncoder().encode(OWNER);
  const key = await sealingKey(SECRET[0]);
  const bytes = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData },
    key,
    new TextEncoder().encode('old'),
  );
  const sealed = `a1.${toBase64(iv)}.${toBase64(new Uint8Array(bytes))}`;
  expect([isSealed(sealed), await open(sealed, OWNER, ['a newer secret', ...SECRET])]).toEqual([true, 'old']);
  expect(await opens(sealed, OWNER, ['a newer secret'])).toBe(false);
});

test.each([
  [undefined, ['new']],
  ['', ['new']],
  ['old', ['new', 'old']],
  [' old , older,', ['new', 'old', 'older']],
])('with %j before it the keyring is %j', (previous, keyring) => {
  expect(keyringOf('new', previous)).toEqual(keyring);
});

test.each(['', 'a1', 'a1.', 'a1..', 'a1.AAAA', 'whsec_abc', 'a3.AAAA.AAAA', 'a1.****.****', 'a2.AAAA', 'a2.00.AAAA'])(
  '%j was never sealed',
  async (text) => {
    expect(await opens(text)).toBe(false);
  },
);

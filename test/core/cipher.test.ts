import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { open, seal } from '../../worker/access/cipher.ts';

const OWNER = 'ep_1';
const SECRET = 'an operator secret';

function opens(sealed: string, owner = OWNER, secret = SECRET): Promise<boolean> {
  return open(sealed, owner, secret).then(
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
  expect(await opens(sealed, OWNER, 'another secret')).toBe(false);
});

test('a text with any one character changed does not open', async () => {
  // 8 bytes and a tag of 16 fill base64 without a rest: no character carries bits that belong to no byte.
  const sealed = await seal('whsec_ab', OWNER, SECRET);
  for (const index of sealed.split('').keys()) {
    const changed = sealed.slice(0, index) + (sealed[index] === 'A' ? 'Z' : 'A') + sealed.slice(index + 1);
    expect([changed, await opens(changed)]).toEqual([changed, false]);
  }
});

test.each(['', 'a1', 'a1.', 'a1..', 'a1.AAAA', 'whsec_abc', 'a2.AAAA.AAAA', 'a1.****.****'])(
  '%j was never sealed',
  async (text) => {
    expect(await opens(text)).toBe(false);
  },
);

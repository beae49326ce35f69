import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { base32, equal, GRANTS, mintToken, readToken, SCOPES, TEAM_ID, type Scope } from '../../worker/access/token.ts';

const SECRET = ['an operator secret'] as const;

function random(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}

function mint(team = 'acme', scope: Scope = 'ingest') {
  return mintToken({ team, scope }, SECRET, random);
}

test('a token is read back as what it was made for', async () => {
  const team = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/);
  await fc.assert(
    fc.asyncProperty(team, fc.constantFrom(...SCOPES, 'inbound' as const), async (id, scope) => {
      const { text, credential } = await mint(id, scope);
      expect(await readToken(text, SECRET)).toEqual({ ok: true, value: credential });
      expect(credential).toMatchObject({ team: id, scope });
    }),
    { numRuns: 50 },
  );
});

test('a token of another operator is forged', async () => {
  const { text } = await mint();
  expect(await readToken(text, ['another secret'])).toEqual({ ok: false, error: 'forged' });
});

test('a token of a previous secret is still read, and says whose it is; new ones are by the newest', async () => {
  const { text, credential } = await mint();
  const rotated = ['a newer secret', ...SECRET] as const;
  expect(await readToken(text, rotated)).toEqual({ ok: true, value: credential });
  const newer = await mintToken({ team: 'acme', scope: 'ingest' }, rotated, random);
  expect(newer.credential.key).not.toBe(credential.key);
  expect(await readToken(newer.text, rotated)).toEqual({ ok: true, value: newer.credential });
  expect(await readToken(newer.text, SECRET)).toEqual({ ok: false, error: 'forged' });
  expect(await readToken(text, ['a newer secret'])).toEqual({ ok: false, error: 'forged' });
});

test('a token with any one character changed is refused', async () => {
  const { text } = await mint();
  for (const index of text.split('').keys()) {
    for (const other of ['a', 'b', '2', '_', 'A', ' ']) {
      if (other === text[index]) continue;
      const changed = text.slice(0, index) + other + text.slice(index + 1);
      expect([changed, (await readToken(changed, SECRET)).ok]).toEqual([changed, false]);
    }
  }
});

test('a scope or a team cannot be put in the place of another', async () => {
  const { text } = await mint('acme', 'read');
  expect(await readToken(text.replace('_read_', '_admin_'), SECRET)).toEqual({ ok: false, error: 'forged' });
  expect(await readToken(text.replace('_acme_', '_other_'), SECRET)).toEqual({ ok: false, error: 'forged' });
});

test.each([
  '',
  'gl_',
  'gl_ingest_acme',
  'Bearer gl_ingest_acme',
  'gl_owner_acme_aaaaaaaa',
  'x'.repeat(10_000),
  '\u0000',
])('%j is no token', async (text) => {
  expect(await readToken(text, SECRET)).toEqual({ ok: false, error: 'malformed' });
});

test('a token with something before or behind it is no token', async () => {
  const { text } = await mint();
  for (const spoilt of [` ${text}`, `${text} `, `${text}\n`, `${text}a`, text.slice(0, -1), text.toUpperCase()]) {
    expect(await readToken(spoilt, SECRET)).toEqual({ ok: false, error: 'malformed' });
  }
});

test('no two tokens are alike, and what is kept of one is not the token', async () => {
  const [a, b] = [await mint(), await mint()];
  expect(a.text).not.toBe(b.text);
  expect(a.credential.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(a.text).not.toContain(a.credential.hash);
  expect(JSON.stringify(a.credential)).not.toContain(a.text.split('_')[4]);
});

test('an admin may do all but what a URL is for, the others what they are named for', () => {
  expect(GRANTS).toEqual({
    ingest: ['ingest'],
    read: ['read'],
    admin: ['ingest', 'read', 'admin'],
    inbound: ['inbound'],
  });
});

test.each(['a', 'acme', 'a-b', '1', 'a'.repeat(40)])('%s is a name for a team', (id) => {
  expect(TEAM_ID.test(id)).toBe(true);
});

test.each(['', '-a', 'a-', 'A', 'a_b', 'a/b', 'a b', 'ä', 'a'.repeat(41), 'a\n', '..'])(
  '%j is no name for a team',
  (id) => {
    expect(TEAM_ID.test(id)).toBe(false);
  },
);

test('texts are equal when all of their characters are', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(equal(a, b)).toBe(a === b);
      expect(equal(a, a)).toBe(true);
    }),
  );
});

// RFC 4648, section 10, in lower case and without padding.
test.each([
  ['', ''],
  ['f', 'my'],
  ['fo', 'mzxq'],
  ['foo', 'mzxw6'],
  ['foob', 'mzxw6yq'],
  ['fooba', 'mzxw6ytb'],
  ['foobar', 'mzxw6ytboi'],
])('%j is %j in base32', (text, encoded) => {
  expect(base32(new TextEncoder().encode(text))).toBe(encoded);
});

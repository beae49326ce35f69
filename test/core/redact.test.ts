import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { redact } from '../../worker/delivery/redact.ts';

const URL_ = 'https://hooks.example.com/services/T0123/B0456/s3cr3tpath?token=s3cr3tquery&n=1#s3cr3thash';

test.each([
  ['Cannot POST /services/T0123/B0456/s3cr3tpath', 'Cannot POST …'],
  ['no route for /services/T0123/B0456/s3cr3tpath?token=s3cr3tquery&n=1', 'no route for …'],
  ['token=s3cr3tquery&amp;n=1 is not valid', 'token=…&amp;n=1 is not valid'],
  ['{"path":"\\/services\\/T0123\\/B0456\\/s3cr3tpath"}', '{"path":"\\/…\\/T0123\\/B0456\\/…"}'],
  [
    'answered 302 to https://hooks.example.com: not followed',
    'answered 302 to https://hooks.example.com: not followed',
  ],
  ['cut off in the s3cr3tpat', 'cut off in the …'],
  ['cut off in the path /services/T0123/B0456/s3c', 'cut off in the path …'],
  ['s3cr3thash', '…'],
  ['Cannot POST /SERVICES/t0123/b0456/S3CR3TPATH', 'Cannot POST …'],
  ['İ is cut off in the S3CR3TPAT', 'İ is cut off in the …'],
  ['an internal error', 'an internal error'],
])('of %j is kept %j', (text, kept) => {
  expect(redact(text, URL_)).toBe(kept);
});

test('an encoded secret is not kept decoded either, and a path that is no encoding breaks nothing', () => {
  expect(redact('no hook "a b/c-secret"', 'https://example.com/a%20b%2Fc-secret')).toBe('no hook "…"');
  expect(redact('no hook %E0%A4%A-secret', 'https://example.com/%E0%A4%A-secret')).toBe('no hook …');
});

test.each([
  '/hooks/se%2Fcretpart12345',
  '/hooks/se%252fcretpart12345',
  '/hooks/se/cretpart12345',
  'SE%2FCRETPART12345',
])('an escaped secret is not kept as %s', (said) =>
  expect(redact(`no ${said}!`, 'https://example.com/hooks/se%2fcretpart12345')).not.toMatch(/cretpart|12345/i),
);

test('no text that a server cuts wherever it likes keeps more of a secret than a few letters', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9_-]{12,40}$/);
  const place = fc.constantFrom<(secret: string) => string>(
    (one) => `https://example.com/${one}`,
    (one) => `https://example.com/a/${one}/b`,
    (one) => `https://example.com/bot1:${one}/send?chat_id=1`,
    (one) => `https://example.com/?key=${one}`,
    (one) => `https://example.com/x?a=1&sig=${one}&b=2`,
  );
  /** What of a secret, six letters at a time, is in a text that was kept, and in nothing else that was said. */
  const leaksOf = (kept: string, hidden: string, others: string) =>
    Array.from({ length: hidden.length - 5 }, (_, from) => hidden.slice(from, from + 6)).filter(
      (piece) => kept.includes(piece) && !others.includes(piece),
    );
  fc.assert(
    fc.property(secret, place, fc.string(), fc.string(), fc.nat({ max: 80 }), (hidden, at, before, after, cut) => {
      const url = at(hidden);
      const { pathname, search } = new URL(url);
      for (const said of [url, pathname + search, hidden]) {
        const text = `${before}${said}${after}`;
        const kept = redact(text.slice(0, Math.max(0, text.length - cut)), url);
        expect(leaksOf(kept, hidden, `${before} ${after}`)).toEqual([]);
      }
    }),
    { numRuns: 500 },
  );
});

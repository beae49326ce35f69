import { spawnSync } from 'node:child_process';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { curlOf, quote } from '../../worker/delivery/curl.ts';

/** What a program that sh starts is given. */
function given(words: readonly string[]): string[] {
  const { stdout } = spawnSync('sh', ['-c', `printf '%s\\0' ${words.map(quote).join(' ')}`], { encoding: 'utf8' });
  return stdout.split('\0').slice(0, -1);
}

test('sh takes any text for the one word that it is', () => {
  const hostile = [
    "'",
    "''",
    "'\\''",
    '"',
    '$(id)',
    '`id`',
    '\\',
    '!!',
    '~',
    '*',
    '\n',
    '\r\n',
    ';',
    '&',
    '-n',
    '#',
    '%s',
  ];
  const text = fc.oneof(
    fc.string({ unit: 'binary' }).map((any) => any.replaceAll('\0', '')),
    fc.array(fc.constantFrom(...hostile, 'a', ' ', '😀')).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), (words) => {
      expect(given(words)).toEqual(words);
    }),
    { numRuns: 200 },
  );
});

test('a request is one command, a header a line', () => {
  const headers = { 'content-type': 'application/json', 'x-empty': '' };
  expect(curlOf({ url: 'https://example.com/[1]?a={b}', headers, body: `@it's` })).toBe(
    [
      `curl -i --globoff 'https://example.com/[1]?a={b}' \\`,
      `  -H 'content-type: application/json' \\`,
      `  -H 'x-empty;' \\`,
      `  --data-raw '@it'\\''s'`,
    ].join('\n'),
  );
});

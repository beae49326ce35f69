import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { plain, safeJson, shorten, width } from '../../../plugin/cli/text.ts';

it.each([
  ['claude-opus-4-6', 15],
  ['李小龍', 6],
  ['ﾃｽﾄ', 3],
  ['テスト', 6],
  ['한글', 4],
  ['é', 1],
  ['e\u0301', 1],
  ['😀', 2],
  ['👩‍💻 Zoë', 6],
  ['🇩🇪', 2],
  ['1\uFE0F\u20E3', 2],
  ['❤\uFE0F', 2],
  ['❤', 1],
  ['a\u200Bb', 2],
  ['…–─└', 4],
])('%s takes %i columns', (text, columns) => {
  expect(width(text)).toBe(columns);
});

it.each([
  ['claude-opus-4-6-20260101', 16, 'claude-opu…60101'],
  ['github.com/acme/app', 19, 'github.com/acme/app'],
  ['李小龍李小龍', 8, '李小…龍'],
  ['李小龍', 3, '李…'],
  ['abc', 1, '…'],
  ['abc', 0, ''],
])('%s in %i columns is %s', (text, columns, expected) => {
  expect(shorten(text, columns)).toBe(expected);
});

it('a shortened text is never wider than it may be', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.nat(30), (text, columns) => {
      expect(width(shorten(text, columns))).toBeLessThanOrEqual(columns);
    }),
  );
});

it('nothing that a terminal obeys is left of a name', () => {
  expect(plain('a\u001B[31mred\u001B]0;title\u0007\u009B2Jb\r\nc\td\u202Ee\u2028f')).not.toMatch(
    // oxlint-disable-next-line no-control-regex -- they are what must not be there
    /[\u0000-\u001F\u007F-\u009F\u202E\u2028]/,
  );
  expect(plain('line\none')).toBe('line one');
});

it('JSON stays the same JSON and holds no control raw', () => {
  const value = { title: 'a\u009B31m\u007F\u202E\u001B[0m 漢字' };
  const text = safeJson(JSON.stringify(value));
  expect(JSON.parse(text)).toEqual(value);
  // oxlint-disable-next-line no-control-regex -- they are what must not be there
  expect(text).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u202E]/);
});

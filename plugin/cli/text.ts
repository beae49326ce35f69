// Text of others on a terminal: what it may hold, how many columns it takes, how it is shortened.

import { stripVTControlCharacters } from 'node:util';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** On one line and without anything that a terminal obeys: escape sequences, control characters, turns of direction. */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, ' ')
    .toWellFormed();
}

export function width(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) columns += widthOf(segment);
  return columns;
}

export function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, width(text)), 0);
}

/** From its middle, as names of models and repositories differ at both ends. */
export function shorten(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  const parts = [...graphemes.segment(text)].map(({ segment }) => segment);
  const tail = taken(parts.toReversed(), Math.floor((columns - 1) / 3)).toReversed();
  const head = taken(parts, columns - 1 - width(tail.join('')));
  return columns < 1 ? '' : `${head.join('')}…${tail.join('')}`;
}

function taken(parts: readonly string[], columns: number): readonly string[] {
  let used = 0;
  const end = parts.findIndex((part) => (used += widthOf(part)) > columns);
  return end === -1 ? parts : parts.slice(0, end);
}

// East Asian Width W and F, by their blocks: the scripts and signs that a terminal gives two columns.
const WIDE =
  /^[\u1100-\u115F\u231A\u231B\u2329\u232A\u23E9-\u23EC\u23F0\u23F3\u25FD\u25FE\u2E80-\u303E\u3041-\u4DBF\u4E00-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18DFF}\u{1AFF0}-\u{1B2FB}\u{1F200}-\u{1F265}\u{20000}-\u{3FFFD}]/u;

function widthOf(grapheme: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}\p{Default_Ignorable_Code_Point}]+$/u.test(grapheme)) return 0;
  return WIDE.test(grapheme) || /\p{Emoji_Presentation}|\p{Emoji}\uFE0F/u.test(grapheme) ? 2 : 1;
}

/** The same JSON, with the controls that JSON lets stand raw written as escapes. */
export function safeJson(text: string): string {
  return text.trim().replaceAll(/[\u007F-\u009F\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}

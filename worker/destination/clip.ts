// Cuts text to what a target takes, counted as the target counts it and after escaping: by whole characters, so that no cut
// falls inside a surrogate pair, an entity or an escape.

export type Escape = (character: string) => string;
export type Size = (text: string) => number;

export const asIs: Escape = (character) => character;
export const utf16: Size = (text) => text.length;
const encoder = new TextEncoder();
export const utf8: Size = (text) => encoder.encode(text).length;

const ELLIPSIS = '…';

export function clip(text: string, limit: number, escape: Escape = asIs, size: Size = utf16): string {
  const room = limit - size(ELLIPSIS);
  const pieces: string[] = [];
  let kept = 0;
  let used = 0;
  for (const character of text) {
    const piece = escape(character);
    used += size(piece);
    if (used > limit) return room < 0 ? '' : `${pieces.slice(0, kept).join('')}${ELLIPSIS}`;
    pieces.push(piece);
    if (used <= room) kept = pieces.length;
  }
  return pieces.join('');
}

/** The beginning of a text, of which nobody counts more than the length. */
export function headOf(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

/** Clips the parts of a message that has a limit for the whole too: what one part takes the next ones lack. */
export function ration(total: number, escape: Escape = asIs, size: Size = utf16) {
  let left = total;
  return function take(text: string, limit: number): string {
    const clipped = clip(text, Math.min(limit, left), escape, size);
    left -= size(clipped);
    return clipped;
  };
}

export function escapeBy(table: Readonly<Record<string, string>>): Escape {
  return (character) => (Object.hasOwn(table, character) ? (table[character] ?? character) : character);
}

export const MARKUP_ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;' } as const;

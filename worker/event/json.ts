// JSON as the door accepts it: RFC 8259 text in UTF-8 whose objects name each key once (section 4 calls anything else
// unpredictable: two readers of one text would see two figures) and whose nesting ends.
import { fail, ok, type Result } from '../result.ts';

const MAX_DEPTH = 32;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const WHITE_SPACE: readonly number[] = [0x20, 0x09, 0x0a, 0x0d];

export function parseJson(bytes: Uint8Array): Result<unknown, string> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return fail('the body is not UTF-8');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail(`the body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const kept = countKeys(value, 0);
  if (kept === null) return fail(`the body nests deeper than ${MAX_DEPTH} levels`);
  // JSON.parse keeps the last of two equal keys without a word; the text still has both.
  return kept === keysWritten(text) ? ok(value) : fail('an object in the body names the same key twice');
}

function countKeys(value: unknown, depth: number): number | null {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth >= MAX_DEPTH) return null;
  const children: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  let count = Array.isArray(value) ? 0 : children.length;
  for (const child of children) {
    if (typeof child !== 'object' || child === null) continue;
    const inner = countKeys(child, depth + 1);
    if (inner === null) return null;
    count += inner;
  }
  return count;
}

/** Outside strings JSON has no quotes, so walking from string to string finds each key by the colon behind it. */
function keysWritten(text: string): number {
  let count = 0;
  for (let open = text.indexOf('"'); open !== -1;) {
    const after = closingQuote(text, open) + 1;
    if (isColonNext(text, after)) count += 1;
    open = text.indexOf('"', after);
  }
  return count;
}

function isColonNext(text: string, from: number): boolean {
  let at = from;
  while (WHITE_SPACE.includes(text.charCodeAt(at))) at += 1;
  return text.charCodeAt(at) === COLON;
}

function closingQuote(text: string, open: number): number {
  for (let close = text.indexOf('"', open + 1); ; close = text.indexOf('"', close + 1)) {
    let before = close - 1;
    while (text.charCodeAt(before) === BACKSLASH) before -= 1;
    // An even count of backslashes escapes itself and not the quote.
    if ((close - before) % 2 === 1) return close;
  }
}

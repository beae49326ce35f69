// JSON as the door accepts it: RFC 8259 text in UTF-8 whose objects name each key once (section 4 calls anything else
// unpredictable: two readers of one text would see two figures) and whose nesting ends.
import { fail, ok, type Result } from '../result.ts';
import { pathText } from './issue.ts';

const MAX_DEPTH = 32;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const WHITE_SPACE: readonly number[] = [0x20, 0x09, 0x0a, 0x0d];

export function parseJson(bytes: Uint8Array): Result<unknown, string> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return fail(spoiltFault(bytes));
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail(`the body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  // JSON.parse keeps the last of two equal keys without a word; the text still has both.
  return countKeys(value, 0) === keysWritten(text) ? ok(value) : fail(firstFault(text));
}

/** Null where it nests too deep. */
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

/** Where bytes are not UTF-8, if they are JSON apart from that. */
function spoiltFault(bytes: Uint8Array): string {
  const text = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(bytes);
  try {
    JSON.parse(text);
  } catch {
    return 'the body is not UTF-8';
  }
  return firstFault(text, firstSpoilt(text, bytes));
}

/** The decoder puts a replacement in the place of what is none, but one may as well have been written. */
function firstSpoilt(text: string, bytes: Uint8Array): number {
  let [from, offset] = [0, 0];
  for (;;) {
    const at = text.indexOf(REPLACEMENT, from);
    offset += encoder.encode(text.slice(from, at)).length;
    if (!isWritten(bytes, offset)) return at;
    from = at + 1;
    offset += WRITTEN.length;
  }
}

function isWritten(bytes: Uint8Array, at: number): boolean {
  return WRITTEN.every((byte, index) => bytes[at + index] === byte);
}

const REPLACEMENT = '\uFFFD';
const encoder = new TextEncoder();
const WRITTEN = encoder.encode(REPLACEMENT);

/**
 * Where a text that JSON.parse takes breaks one of the two rules, or holds what was not UTF-8: a second look, which good texts
 * never cost.
 */
function firstFault(text: string, spoilt = Number.POSITIVE_INFINITY): string {
  const path: (string | number)[] = [];
  const keys: Set<string>[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    const inner = path.length - 1;
    const place = path[inner];
    if (character === '[' || character === '{') {
      if (path.length >= MAX_DEPTH) return `${pathText(path)}: nests deeper than ${MAX_DEPTH} levels`;
      path.push(character === '[' ? 0 : '');
      keys.push(new Set());
    } else if (character === ']' || character === '}') {
      path.pop();
      keys.pop();
    } else if (character === ',' && typeof place === 'number') {
      path[inner] = place + 1;
    } else if (character === '"') {
      const after = closingQuote(text, at) + 1;
      const key = isColonNext(text, after) ? (JSON.parse(text.slice(at, after)) as string) : null;
      at = after - 1;
      if (key !== null) path[inner] = key;
      if (at > spoilt) return path.length === 0 ? 'the body is not UTF-8' : `${pathText(path)}: is not UTF-8`;
      if (key === null) continue;
      if (keys[inner]?.has(key) === true) return `${pathText(path)}: stands twice in one object`;
      keys[inner]?.add(key);
    }
  }
  throw new Error('the text breaks no rule');
}

// JSON as the door accepts it: RFC 8259 text in UTF-8 whose objects name each key once (section 4 calls anything else
// unpredictable: two readers of one text would see two figures) and whose nesting ends.
import { fail, ok, type Result } from '../result.ts';

const MAX_DEPTH = 32;
const COLON = /[ \t\r\n]*:/y;

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
  let count = 0;
  if (!Array.isArray(value)) count += Object.keys(value).length;
  for (const child of Object.values(value)) {
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
    const close = closingQuote(text, open);
    COLON.lastIndex = close + 1;
    if (COLON.test(text)) count += 1;
    open = text.indexOf('"', close + 1);
  }
  return count;
}

function closingQuote(text: string, open: number): number {
  for (let close = text.indexOf('"', open + 1); ; close = text.indexOf('"', close + 1)) {
    let slashes = 0;
    while (text[close - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return close;
  }
}

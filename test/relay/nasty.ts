// What hostile callers send, and what every answer must be all the same.
import * as fc from 'fast-check';

import type { Reply } from './harness.ts';

/** 2xx, or a 4xx that is a whole problem document; whatever else shows itself. */
export function verdict({ status, headers, body }: Reply): string {
  if (status >= 200 && status < 300) return 'good';
  const { type, title, status: said, detail } = body;
  const isProblem = headers.get('content-type') === 'application/problem+json';
  const texts = [type, title, detail].every((text) => typeof text === 'string' && text !== '');
  const isWhole = isProblem && texts && said === status && detail.length < 1_000;
  return isWhole && status >= 400 && status < 500 ? 'good' : `${status} ${JSON.stringify(body)}`;
}

/** Values that have broken parsers before. */
export const nasty = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    0.5,
    1e308,
    -0,
    2 ** 53,
    '',
    ' ',
    'null',
    'NaN',
    'Infinity',
    '-1',
    '1e9',
    '0x1',
  ),
  fc.constantFrom<unknown>(
    [],
    {},
    [[]],
    { a: { b: {} } },
    '\u0000',
    'a\nb',
    '\u001b[31m',
    '\ud800',
    '\udc00\ud800',
    '\ufeff',
  ),
  fc.constantFrom<unknown>(
    '9999-12-31T23:59:59Z',
    '0000-01-01T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '1970-01-01T00:00:00Z',
  ),
  fc.constantFrom<unknown>("'; DROP TABLE log; --", '<script>', '../../etc/passwd', '%s%n', '__proto__', 'constructor'),
  fc.constantFrom(200, 5_000).map((length) => 'x'.repeat(length)),
  fc.constant({ __proto__: null, toString: 1, valueOf: null, length: 1e9 }),
  fc.jsonValue({ maxDepth: 4 }),
  fc.string({ unit: 'binary' }),
);

export function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, child]) => pathsOf(child, [...path, key]))];
}

export function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) };
  const held = (copy as Record<string, unknown>)[key];
  Object.defineProperty(copy, key, {
    value: replaced(held, rest, by),
    enumerable: true,
    writable: true,
    configurable: true,
  });
  return copy;
}

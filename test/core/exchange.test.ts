import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { keepAnswer, keepRequest, packer } from '../../worker/delivery/exchange.ts';
import { redactorOf } from '../../worker/delivery/redact.ts';

const URL_ = 'https://hooks.example.com/services/s3cr3tpath?token=s3cr3tquery';
const redact = redactorOf(URL_);

function answered(body: string, headers: Record<string, string> | Headers = {}) {
  return keepAnswer({ status: 200, headers: new Map(new Headers(headers)), body }, URL_, redact);
}

function requested(body: string, headers: Record<string, string> = {}, event: string | null = null) {
  return keepRequest({ url: URL_, headers, body }, event, null);
}

test.each([
  [4_095, 4_095, undefined],
  [4_096, 4_096, undefined],
  [4_097, 4_096, true],
])('of an answer of %i characters %i are kept', (length, kept, partial) => {
  const { body, partial: isPartial } = answered('x'.repeat(length)).kept;
  expect([body?.length, isPartial, body?.endsWith('…')]).toEqual([kept, partial, partial === true]);
});

test.each([
  [19_999, 19_999, undefined],
  [20_000, 20_000, undefined],
  [20_001, 20_000, true],
])('of a request of %i characters %i are kept', (length, kept, partial) => {
  const { body, partial: isPartial } = requested('x'.repeat(length));
  expect([body?.length, isPartial, body?.endsWith('…')]).toEqual([kept, partial, partial === true]);
});

test.each([
  [49, 49, undefined],
  [50, 50, undefined],
  [51, 50, true],
])('of %i headers %i are kept', (count, kept, partial) => {
  const headers = Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${100 + at}`, 'y']));
  const { kept: held } = answered('', headers);
  expect([Object.keys(held.headers).length, held.partial]).toEqual([kept, partial]);
});

test.each([
  [4_095, undefined],
  [4_096, undefined],
  [4_097, true],
])('headers of %i characters in all', (size, partial) => {
  const first = { 'x-first': 'y'.repeat(1_000) };
  const rest = size - 'x-first'.length - 1_000 - 'x-second'.length;
  const { kept } = answered('', { ...first, 'x-second': 'z'.repeat(rest) });
  expect([Object.keys(kept.headers), kept.partial]).toEqual([
    partial === true ? ['x-first'] : ['x-first', 'x-second'],
    partial,
  ]);
});

test('one header that is too long takes no room from those after it', () => {
  const { kept } = answered('', { 'x-1': 'y'.repeat(5_000), 'x-2': 'here' });
  expect(kept).toEqual({ headers: { 'x-2': 'here' }, body: '', partial: true });
});

test('the body of a request that is the event as the log has it is left to the log', () => {
  expect(requested('{"id":"acme-7"}', { a: 'b' }, '{"id":"acme-7"}')).toEqual({ headers: { a: 'b' }, body: null });
});

test('no credential is kept, whoever sent it', () => {
  const names = ['Set-Cookie', 'Cookie', 'Authorization', 'Proxy-Authorization', 'Authentication-Info'];
  const { kept } = answered('', Object.fromEntries(names.map((name) => [name, 'canary'])));
  expect(kept).toEqual({ headers: {}, body: '', partial: true });
  const asked = keepRequest({ url: URL_, headers: { authorization: 'canary' }, body: '' }, null, redact);
  expect(asked.headers).toEqual({});
});

test('a header may have any name', () => {
  const headers = new Headers([
    ['__proto__', 'y'],
    ['constructor', 'z'],
  ]);
  const { kept } = answered('', headers);
  expect(JSON.stringify(kept)).toBe('{"headers":{"__proto__":"y","constructor":"z"},"body":""}');
});

test('of the URL nothing is kept, of a redirect where it leads, in headers and bodies', () => {
  const { kept, read } = answered('go to /services/s3cr3tpath, or https://other.example/?back=an0therSecret', {
    location: 'https://other.example/?back=an0therSecret',
    'x-echo': 'token=s3cr3tquery',
    refresh: '5; url=/services/s3cr3tpath',
  });
  expect(kept).toEqual({
    headers: { location: 'https://other.example', refresh: 'another path', 'x-echo': 'token=…' },
    body: 'go to …, or https://other.example…',
    partial: true,
  });
  expect(read.body).toBe(kept.body);
  expect(answered('', { location: '/hooks/an0therSecret' }).kept.headers).toEqual({ location: 'another path' });
});

test('what is cut in the middle of a secret keeps none of it', () => {
  for (let room = 1; room < 30; room += 1) {
    const { kept } = answered(`${'x'.repeat(4_096 - room)}/services/s3cr3tpath${'y'.repeat(50)}`);
    expect(kept.body).not.toMatch(/services|s3cr3t/);
  }
});

test('a body that is cut is a beginning of what it was, well-formed and within its limit', () => {
  const unit = fc.constantFrom('x', '😀', 'é', '\u0000', '\ud800', '"', '\\');
  const text = fc
    .tuple(fc.array(unit, { minLength: 1, maxLength: 20 }), fc.integer({ min: 4_080, max: 4_120 }))
    .map(([units, length]) => units.join('').repeat(length).slice(0, length));
  fc.assert(
    fc.property(text, (body) => {
      const kept = answered(body).kept.body ?? '';
      expect(kept.length).toBeLessThanOrEqual(4_096);
      const beginning = body.length > 4_096 ? kept.slice(0, -1) : kept;
      expect(body.startsWith(beginning)).toBe(true);
      expect(beginning.length).toBeGreaterThanOrEqual(Math.min(body.length, 4_094));
      expect(kept.isWellFormed() || !body.isWellFormed()).toBe(true);
      expect(JSON.parse(JSON.stringify(kept))).toBe(kept);
    }),
  );
});

test('the exchanges of a window come to no more than they may, whatever is in them', () => {
  const pack = packer();
  const request = { headers: { 'content-type': 'text/plain' }, body: '"'.repeat(20_000) };
  const exchange = { to: 'https://example.com', request, response: { headers: {}, body: '\u0001'.repeat(4_096) } };
  const texts = Array.from({ length: 350 }, () => pack(exchange));
  expect(texts.join('').length).toBeLessThanOrEqual(4_000_000 + 350 * 200);
  expect(JSON.parse(texts[0] ?? '')).toEqual(exchange);
  expect(JSON.parse(texts.at(-1) ?? '')).toEqual({
    ...exchange,
    request: { ...request, body: '', partial: true },
    response: { headers: {}, body: '', partial: true },
  });
});

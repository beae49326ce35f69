import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { parseJson } from '../../worker/event/json.ts';

function parse(text: string) {
  return parseJson(new TextEncoder().encode(text));
}

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

test('every JSON text is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 10 }), (text) => {
      expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) });
    }),
  );
});

test('white space between the parts of a text is passed over', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = JSON.stringify(value, null, '\t');
      expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) });
    }),
  );
  expect(parse('{\n\t"a" :\r\n 1 ,"b":\t[ ]\n}')).toEqual({ ok: true, value: { a: 1, b: [] } });
});

test.each([
  ['{"a":1,"a":2}', 'a'],
  ['{"a":1,"a":1}', 'a'],
  ['{"a":1,"\\u0061":2}', 'a'],
  ['{"\\u0061":1,"a":2}', 'a'],
  ['{"a" :1,\n"a"\t: 2}', 'a'],
  ['{"":1,"":2}', ''],
  ['[{"b":{"a":1,"c":[],"a":2}}]', '0.b.a'],
  ['[[1,2],{"a":","},{"c":[{},[]],"b":{"a":"]","a":2}}]', '2.b.a'],
  ['{"events":[{"n":1},{"n":"{[","data":{"x":[1,2],"x":[]}}]}', 'events.1.data.x'],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ['{"\\\\":1,"\\\\":2}', '\\'],
  ['{"\\"":1,"\\u0022":2}', '"'],
  ['{"a":{"x":1},"a":{"y":1}}', 'a'],
  ['{"😀":1,"\\ud83d\\ude00":2}', '😀'],
])('%s names a key twice: %s', (text, path) => {
  expect(parse(text)).toEqual({ ok: false, error: `${path}: stands twice in one object` });
});

test('any key written twice is found, wherever the object stands', () => {
  const key = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(key, fc.jsonValue({ maxDepth: 3 }), (name, value) => {
      const written = JSON.stringify(name);
      const escaped = `"${Array.from({ length: name.length }, (_, i) => `\\u${name.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`;
      const inner = JSON.stringify(value);
      expect(parse(`{"before":[${inner}],"list":[${inner},{${written}:${inner},${escaped}:null}]}`)).toEqual({
        ok: false,
        error: `${`list.1.${name}`.slice(0, 120)}: stands twice in one object`,
      });
    }),
  );
});

test.each([
  '{"a":1,"b":"a\\":1,\\"a\\":2"}',
  '{"a":"{\\"a\\":1}","b":["a","a"]}',
  '[{"a":1},{"a":1}]',
  '{"a":{"a":{"a":1}}}',
  '{"a":"\\\\","b":"a"}',
  '["a:1","a:1"]',
  '{"a":"","A":""}',
  '"a"',
])('%s names no key twice', (text) => {
  expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) });
});

test('nesting ends at 32 levels, and a text of nothing but brackets is refused quickly', () => {
  expect(parse(nested(32)).ok).toBe(true);
  expect(parse(`{"events":[1,{"data":${nested(31)}}]}`)).toEqual({
    ok: false,
    error: `events.1.data${'.0'.repeat(29)}: nests deeper than 32 levels`,
  });
  expect(parse(nested(33)).ok).toBe(false);
  expect(parse(nested(400_000)).ok).toBe(false);
  expect(parse('{"a":'.repeat(150_000)).ok).toBe(false);
});

test('a long string of quotes and backslashes is read in time that grows with its length', () => {
  const text = JSON.stringify(['\\'.repeat(250_000), '"'.repeat(250_000)]);
  const before = performance.now();
  expect(parse(text).ok).toBe(true);
  expect(performance.now() - before).toBeLessThan(1_000);
});

test('bytes that are not UTF-8 are refused', () => {
  for (const bytes of [
    [0x22, 0xff, 0x22],
    [0x22, 0xc0, 0xaf, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0xff, 0xfe, 0x31, 0x00],
  ]) {
    expect(parseJson(Uint8Array.from(bytes))).toEqual({ ok: false, error: 'the body is not UTF-8' });
  }
});

test.each([
  ['{"events":[{"n":1},{"data":{"title":"a\\xffb"}}]}', 'events.1.data.title'],
  ['{"events":[{"title":"\uFFFD"},{"title":"\uFFFD😀\\xff"}]}', 'events.1.title'],
  ['{"a":["b","\\xff"],"a":1}', 'a.1'],
  ['[{"k\\xff":1}]', '0.k\uFFFD'],
  ['[1,"\\xff"]', '1'],
])('in %s the place that is not UTF-8 is named: %s', (text, place) => {
  const bytes = Buffer.concat(
    text.split('\\xff').flatMap((part, at) => [...(at === 0 ? [] : [FF]), Buffer.from(part)]),
  );
  expect(parseJson(bytes)).toEqual({ ok: false, error: `${place}: is not UTF-8` });
});

const FF = Buffer.from([0xff]);

test('a megabyte of replacements is looked through in time that grows with its length', () => {
  const bytes = Buffer.concat([
    Buffer.from(JSON.stringify(['\uFFFD'.repeat(330_000)])).subarray(0, -2),
    FF,
    Buffer.from('"]'),
  ]);
  const before = performance.now();
  expect(parseJson(bytes)).toEqual({ ok: false, error: '0: is not UTF-8' });
  expect(performance.now() - before).toBeLessThan(2_000);
});

test('one byte order mark before the text is passed over (RFC 8259, 8.1)', () => {
  expect(parse('\u{feff}{"a":1}')).toEqual({ ok: true, value: { a: 1 } });
  expect(parse('\u{feff}\u{feff}{"a":1}').ok).toBe(false);
});

test('a key named __proto__ is a key like any other', () => {
  const parsed = parse('{"__proto__":{"admin":true}}');
  expect(parsed.ok && Object.keys(parsed.value as object)).toEqual(['__proto__']);
  expect(({} as { admin?: boolean }).admin).toBeUndefined();
});

test.each(['', ' ', '{', '{a:1}', "{'a':1}", '[1,]', 'undefined', 'NaN', '01', '"a', '{"a":1}}', '\u0000', '// a\n1'])(
  '%j is not JSON, and the answer says so',
  (text) => {
    const parsed = parse(text);
    expect(!parsed.ok && parsed.error).toMatch(/^the body is not JSON: /);
  },
);

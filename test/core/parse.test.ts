import { expect, test } from 'vitest';

import { parseBatch } from '../../worker/event/parse.ts';
import { batch, event, idle, message, source } from '../relay/builders.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const LIMITS = { now: NOW, maxUsd: 1_000 };

/** A good batch with one value changed, by the path to it. */
function spoil(path: string, value: unknown, sent: unknown = batch([message(1)])): unknown {
  const spoilt = structuredClone(sent);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const holder = keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], spoilt);
  if (value === undefined) Reflect.deleteProperty(holder as object, last);
  else (holder as Record<string, unknown>)[last] = value;
  return spoilt;
}

function errorOf(body: unknown): string {
  const parsed = parseBatch(body, LIMITS);
  if (parsed.ok) throw new Error('the batch was taken');
  return parsed.error;
}

function rejectionOf(path: string, value: unknown, good = message(1)): string {
  const parsed = parseBatch(spoil(`events.0.${path}`, value, batch([good, idle(2)])), LIMITS);
  if (!parsed.ok) throw new Error(parsed.error);
  expect(parsed.value.batch.events.map(({ n }) => n)).toEqual([2]);
  const [rejected] = parsed.value.rejected;
  expect(rejected?.index).toBe(0);
  return rejected?.detail ?? '';
}

test('a good batch is taken whole', () => {
  const parsed = parseBatch(batch([message(1), idle(2)]), LIMITS);
  expect(parsed.ok && parsed.value).toMatchObject({
    batch: {
      backlog: 0,
      events: [
        { n: 1, type: 'message.updated', session: 'ses_1' },
        { n: 2, data: {} },
      ],
    },
    rejected: [],
  });
});

test.each([true, false, undefined])('a source may say whether it sends history: %s', (backfill) => {
  const sent = batch([message(1)], { source: source(backfill === undefined ? {} : { backfill }) });
  const parsed = parseBatch(sent, LIMITS);
  expect(parsed.ok && parsed.value.batch.source).toEqual(sent.source);
});

test.each([
  ['version', 2, 'version: must be 1: the plugin and the relay are of different versions, got 2'],
  ['version', '1', 'version: must be 1: the plugin and the relay are of different versions, got "1"'],
  ['version', undefined, 'version: is missing'],
  ['source', null, 'source: must be Object, got null'],
  ['source.id', '', 'source.id: must not be empty'],
  ['source.id', 'a b', 'source.id: must be letters, digits, "_", "-" or ".", got "a b"'],
  ['source.id', 7, 'source.id: must be text, got 7'],
  ['source.member', 'x'.repeat(257), 'source.member: must be at most 256 characters'],
  ['source.member', 'a\u001b[2J', 'source.member: must not hold control characters'],
  ['source.member', 'a\ud800', 'source.member: must be well-formed text'],
  ['source.project', { id: 'a' }, 'source.project.name: is missing'],
  ['source.town', 'x', 'source.town: must be Object, got "x"'],
  ['source.backfill', 'yes', 'source.backfill: must be true or false, got "yes"'],
  ['sent_at', 'yesterday', 'sent_at: must be an ISO 8601 time in UTC, got "yesterday"'],
  ['sent_at', '2026-11-20T09:00:00+01:00', 'sent_at: must be an ISO 8601 time in UTC'],
  ['sent_at', '2026-02-30T09:00:00Z', 'sent_at: must be a time that exists'],
  ['sent_at', '2026-11-20T24:00:00Z', 'sent_at: must be a time that exists'],
  ['backlog', -1, 'backlog: must be a whole number, not negative, got -1'],
  ['backlog', Infinity, 'backlog: must be a whole number, not negative, got Infinity'],
  ['backlog', 0.5, 'backlog: '],
  ['events', [], 'events: must hold an event, got 0'],
  ['events', {}, 'events: '],
  ['events', Array(1_001).fill(null), 'events: '],
])('an envelope whose %s is %j is refused with words about it', (path, value, words) => {
  expect(errorOf(spoil(path, value)).slice(0, words.length)).toBe(words);
});

test.each([[null], ['x'], [[]], [7]])('%j is no envelope', (body) => {
  expect(errorOf(body)).toMatch(/^(body|version): /);
});

test.each([
  ['seq', 0, 'seq: '],
  ['seq', 1.5, 'seq: must be a whole number, got 1.5'],
  ['seq', 2 ** 53, 'seq: must be a whole number'],
  ['seq', '1', 'seq: '],
  ['id', '', 'id: must not be empty'],
  ['type', 'session idle', 'type: must be words joined by dots, such as session.idle, got "session idle"'],
  ['type', '.', 'type: must be words joined by dots'],
  ['type', '*', 'type: must be words joined by dots'],
  ['time', '1969-07-20T20:17:40Z', 'time: must lie between 2024 and a day from now, got 1969-07-20T20:17:40Z'],
  ['time', '2026-11-22T12:00:00Z', 'time: must lie between 2024 and a day from now'],
  ['time', '9999-12-31T23:59:59Z', 'time: must lie between 2024 and a day from now'],
  ['time', 1_732_060_800_000, 'time: must be an ISO 8601 time in UTC, got 1732060800000'],
  ['session', 7, 'session: must be text, got 7'],
  ['session', null, 'session: a message belongs to a session, got null'],
  ['data', null, 'data: must be an object, got null'],
  ['data', 'x', 'data: must be an object, got "x"'],
  ['data.cost_usd', 0.1, 'data.cost_usd: must be a decimal string in US dollars such as "0.00396", got 0.1'],
  ['data.cost_usd', '-0.1', 'data.cost_usd: must not be negative, got "-0.1"'],
  ['data.cost_usd', '0.0000000001', 'data.cost_usd: must have at most nine decimal places, got "0.0000000001"'],
  ['data.cost_usd', '5001', 'data.cost_usd: must be at most 1000 dollars a message, got "5001"'],
  ['data.cost_usd', '1000000', 'data.cost_usd: must be at most 1000 dollars a message, got "1000000"'],
  ['data.cost_usd', '9'.repeat(40), 'data.cost_usd: must be at most 1000 dollars a message'],
  ['data.cost_usd', '1e3', 'data.cost_usd: must be a decimal string'],
  ['data.cost_usd', '1000.000000001', 'data.cost_usd: must be at most 1000 dollars a message, got "1000.000000001"'],
  ['data.tokens.input', -1, 'data.tokens.input: must not be negative, got -1'],
  ['data.tokens.input', 0.5, 'data.tokens.input: must be a whole number, got 0.5'],
  ['data.tokens.input', 1e12, 'data.tokens.input: must be at most 1000000000'],
  ['data.tokens.output', undefined, 'data.tokens.output: is missing'],
  ['data.kind', 'other', 'data.kind: must be chat, compaction or subagent, got "other"'],
  ['data.copied', 'no', 'data.copied: must be true or false, got "no"'],
  ['data.created_at', '2026-11-31T09:00:00Z', 'data.created_at: must be a time that exists'],
  ['data.created_at', '1970-01-01T00:00:00Z', 'data.created_at: must lie between 2024 and a day from now, got 1970'],
  ['data.created_at', '9999-12-31T23:59:59Z', 'data.created_at: must lie between 2024 and a day from now, got 9999'],
  ['data.error', { name: 'E' }, 'data.error.status: is missing'],
])('an event whose %s is %j is rejected, and no other, with words about it', (path, value, words) => {
  const detail = rejectionOf(path, value);
  expect(detail.slice(0, words.length)).toBe(words);
});

test('a refusal repeats no more than a little of what was sent', () => {
  expect(rejectionOf('id', 'x'.repeat(50_000)).length).toBeLessThan(250);
  expect(rejectionOf('time', 'x'.repeat(50_000)).length).toBeLessThan(250);
  expect(rejectionOf('data.kind', 'x'.repeat(50_000)).length).toBeLessThan(250);
  expect(rejectionOf('data.tokens', 'x'.repeat(50_000)).length).toBeLessThan(250);
});

test('a day ahead is the most that a clock may be', () => {
  const ahead = (hours: number) => idle(1, { time: new Date(NOW + hours * 3_600_000).toISOString() });
  const parsed = parseBatch(batch([ahead(24), { ...ahead(24.1), seq: 2 }]), LIMITS);
  expect(parsed.ok && parsed.value.rejected.map(({ index }) => index)).toEqual([1]);
});

test('a type that nobody knows passes as it is', () => {
  const data = { a: [1, { b: null }], constructor: 'x', prototype: 1, toString: [], nested: { __proto__: null } };
  const withProto = JSON.parse(`{"__proto__":{"admin":true},${JSON.stringify(data).slice(1)}`) as object;
  const unknown = { ...idle(1), type: 'toString.other_2', data: withProto };
  const parsed = parseBatch({ ...batch([]), events: [unknown] }, LIMITS);
  expect(parsed.ok && JSON.stringify(parsed.value.batch.events[0]?.data)).toBe(JSON.stringify(withProto));
});

test.each([
  ['\ud800', false],
  ['a\udfff\\', false],
  ['\\\ud800', false],
  ['\\ud800', true],
  ['\\\\ud800 \ud83d\ude00', true],
])('of a type that nobody knows the data %j is text: %s', (text, isGood) => {
  const parsed = parseBatch(
    { ...batch([]), events: [{ ...idle(1), type: 'other', data: { a: [{ [text]: 1 }] } }] },
    LIMITS,
  );
  const rejected = parsed.ok ? parsed.value.rejected : [];
  const detail = 'data: must be well-formed text, without half a surrogate pair';
  expect(rejected).toEqual(isGood ? [] : [{ index: 0, detail }]);
});

test.each([
  ['1e308', true],
  ['-1e308', true],
  ['1e309', false],
  ['[{"b":-1e999}]', false],
])('of a type that nobody knows the number %s is one: %s', (number, isGood) => {
  const text = JSON.stringify({ ...batch([]), events: [{ ...idle(1), type: 'other' }] });
  const sent: unknown = JSON.parse(text.replace('{}', `{"a":${number}}`));
  const parsed = parseBatch(sent, LIMITS);
  const detail = 'data: must hold no number beyond 1.8e308';
  expect(parsed.ok && parsed.value.rejected).toEqual(isGood ? [] : [{ index: 0, detail }]);
});

test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
  'a type called %s is not a type of ours',
  (type) => {
    const parsed = parseBatch({ ...batch([]), events: [{ ...idle(1), type, data: { a: 1 } }] }, LIMITS);
    expect(parsed.ok && parsed.value.batch.events[0]?.data).toEqual({ a: 1 });
  },
);

test('a type that nobody knows may bring 16 KB, counted in bytes', () => {
  const sized = (fill: string, count: number) => ({ ...idle(1), type: 'other', data: { a: fill.repeat(count) } });
  const rejected = (sent: unknown) => {
    const parsed = parseBatch({ ...batch([]), events: [sent] }, LIMITS);
    return parsed.ok ? parsed.value.rejected.map(({ detail }) => detail) : [parsed.error];
  };
  expect(rejected(sized('x', 16_376))).toEqual([]);
  expect(rejected(sized('x', 16_377))).toEqual(['data: must be at most 16384 bytes of JSON, got 16385']);
  expect(rejected(sized('ü', 8_188))).toEqual([]);
  expect(rejected(sized('ü', 8_189))).toEqual(['data: must be at most 16384 bytes of JSON, got 16386']);
});

test('what a known type brings beyond its fields is left out', () => {
  const sent = event(1, 'session.idle', {});
  const parsed = parseBatch(spoil('events.0.data', { prompt: 'secret' }, batch([sent])), LIMITS);
  expect(parsed.ok && parsed.value.batch.events[0]?.data).toEqual({});
});

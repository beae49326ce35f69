import { describe, expect, it } from 'vitest';

import { classify, parseRetryAfter } from '../../plugin/answer.ts';
import { backoffMs } from '../../plugin/backoff.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const rejected = [{ index: 1, detail: 'cost_usd must be a decimal, got "NaN"' }];

describe('classify', () => {
  it.each([
    [202, { accepted: 2, duplicates: 0, rejected: [] }, { kind: 'stored', rejected: [] }],
    [202, { accepted: 1, duplicates: 0, rejected }, { kind: 'stored', rejected }],
    [202, { accepted: 1, rejected: [{ index: '1' }, null, { index: -1 }] }, { kind: 'stored', rejected: [] }],
    [422, { detail: 'nothing was stored', rejected }, { kind: 'stored', rejected }],
    [422, {}, { kind: 'refused' }],
    [400, { detail: 'not JSON' }, { kind: 'unreadable', detail: 'the relay answered 400: not JSON', isNamed: false }],
    [400, { detail: 'version: must be 2' }, { kind: 'unreadable', isNamed: false }],
    [400, { detail: 'source.branch: must not be empty' }, { kind: 'unreadable', isNamed: false }],
    [400, { detail: 'events: must hold an event' }, { kind: 'unreadable', isNamed: false }],
    [400, { detail: 'events.3.data.title: stands twice in one object' }, { kind: 'unreadable', isNamed: true }],
    [400, null, { kind: 'unreadable', isNamed: false }],
    [413, {}, { kind: 'unreadable', isNamed: false }],
    [415, {}, { kind: 'refused' }],
    [401, {}, { kind: 'refused' }],
    [403, {}, { kind: 'refused' }],
    [404, {}, { kind: 'refused' }],
    [301, {}, { kind: 'refused' }],
    [408, {}, { kind: 'later' }],
    [429, {}, { kind: 'later' }],
    [500, {}, { kind: 'later' }],
    [503, {}, { kind: 'later' }],
  ])('%i %j', (status, body, expected) => {
    expect(classify(status, null, JSON.stringify(body), NOW)).toMatchObject(expected);
  });

  it('does not take a login page for a receipt', () => {
    expect(classify(200, null, '<html>Welcome to our hotel</html>', NOW).kind).toBe('refused');
    expect(classify(202, null, '<html>', NOW).kind).toBe('refused');
  });
});

describe('parseRetryAfter', () => {
  it.each([
    [null, null],
    ['', null],
    ['soon', null],
    ['0', 0],
    ['7', 7000],
    ['999999', 900_000],
    ['Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
  ])('%s is %s ms', (value, expected) => {
    expect(parseRetryAfter(value, NOW)).toBe(expected);
  });
});

describe('backoffMs', () => {
  it('grows from a second to a minute, and by at least its half', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 100].map((failures) => backoffMs('later', failures, 1))).toEqual([
      1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000,
    ]);
    expect(backoffMs('later', 3, 0)).toBe(2000);
  });

  it('grows from a minute to a quarter of an hour for a wrong token', () => {
    expect([1, 5, 100].map((failures) => backoffMs('refused', failures, 1))).toEqual([60_000, 900_000, 900_000]);
  });
});

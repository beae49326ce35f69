import { expect, test } from 'vitest';

import { isPattern, wants } from '../../worker/delivery/filter.ts';

test.each([
  ['*', 'session.idle', true],
  ['session.idle', 'session.idle', true],
  ['session.idle', 'session.idle2', false],
  ['session.idle', 'session', false],
  ['session.*', 'session.idle', true],
  ['session.*', 'session.status.changed', true],
  ['session.*', 'session', false],
  ['session.*', 'sessions.idle', false],
  ['session.*', 'sessionXidle', false],
  ['session.status.*', 'session.status.changed', true],
  ['session.status.*', 'session.idle', false],
  ['Session.*', 'session.idle', false],
])('the pattern %s and the type %s: %s', (pattern, type, wanted) => {
  expect(wants([pattern], type)).toBe(wanted);
});

test('one matching pattern of several is enough, and none wants nothing', () => {
  expect(wants(['permission.*', 'session.idle'], 'session.idle')).toBe(true);
  expect(wants(['permission.*', 'question.*'], 'session.idle')).toBe(false);
  expect(wants([], 'session.idle')).toBe(false);
});

test.each(['*', 'session.*', 'session.idle', 'custom_type', 'a.b.c.*', 'Town.Bead'])('%s is a pattern', (text) => {
  expect(isPattern(text)).toBe(true);
});

test.each([
  '',
  '.',
  '.*',
  '**',
  'session.',
  '*.idle',
  'session*',
  'session.*.idle',
  'a b',
  'a..b',
  '(a+)+',
  'session.*\n',
])('%j is no pattern', (text) => {
  expect(isPattern(text)).toBe(false);
});

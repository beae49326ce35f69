import { expect, it } from 'vitest';

import { clockIn, type Day, parseDay, weekOf } from '../../../plugin/cli/day.ts';

const TODAY = '2026-03-01' as Day;

it.each([
  ['2026-11-01', '2026-11-01'],
  ['20261101', '2026-11-01'],
  ['2028-02-29', '2028-02-29'],
  ['today', '2026-03-01'],
  ['yesterday', '2026-02-28'],
  ['1d', '2026-03-01'],
  ['7d', '2026-02-23'],
  ['2026-02-29', null],
  ['2026-13-01', null],
  ['2026-1-1', null],
  ['0d', null],
  ['-7d', null],
  ['tomorrow', null],
  ['constructor', null],
  ['', null],
])('%s is %s', (text, expected) => {
  expect(parseDay(text, TODAY)).toBe(expected);
});

it.each([
  ['2026-01-01', '2026-W01'],
  ['2027-01-01', '2026-W53'],
  ['2027-01-04', '2027-W01'],
  ['2024-12-30', '2025-W01'],
  ['2026-11-22', '2026-W47'],
  ['2026-11-23', '2026-W48'],
])('%s is in %s', (day, week) => {
  expect(weekOf(day as Day)).toBe(week);
});

it.each([
  ['Asia/Kolkata', '2026-11-22T18:30:00Z', '2026-11-23', '00:00', '+05:30'],
  ['Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25', '02:30', '+02'],
  ['Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-25', '02:30', '+01'],
  ['America/New_York', '2026-11-23T04:59:00Z', '2026-11-22', '23:59', '-05'],
  ['Europe/London', '2026-10-25T01:30:00Z', '2026-10-25', '01:30', '+00'],
])('%s at %s', (zone, time, day, clock, offset) => {
  expect(clockIn(zone)?.(Date.parse(time))).toEqual({ day, clock, offset });
});

it('a zone that nobody knows is none', () => {
  expect(clockIn('Atlantis/Capital')).toBeNull();
});

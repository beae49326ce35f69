import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { isZone, monthOf, parseMoment, periodsOf, STEPS, type Period, type Step } from '../../worker/ledger/period.ts';
import { BUCKET_MS } from '../../worker/ledger/rollup.ts';

const HOUR = 3_600_000;
const ZONES = [
  'UTC',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/New_York',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Europe/Berlin',
  'Africa/Casablanca',
];

function moment(text: string, zone: string): number {
  const parsed = parseMoment(text, zone);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

function periods(from: string, to: string, zone: string, step: Step): readonly Period[] {
  const found = periodsOf({ start: moment(from, zone), end: moment(to, zone) }, zone, step);
  if (found === null) throw new Error('too many periods');
  return found;
}

function hours(all: readonly Period[]): number[] {
  return all.map(({ start, end }) => (end - start) / HOUR);
}

const start = fc.integer({ min: Date.UTC(2008, 0) / BUCKET_MS, max: Date.UTC(2030, 0) / BUCKET_MS });
const range = fc
  .tuple(start, fc.integer({ min: 1, max: 4 * 24 * 60 }))
  .map(([from, length]): Period => ({ start: from * BUCKET_MS, end: (from + length) * BUCKET_MS }));

test('in any zone the steps cover a range without hole or overlap, each a multiple of 15 minutes', () => {
  fc.assert(
    fc.property(range, fc.constantFrom(...ZONES), fc.constantFrom(...STEPS), (asked, zone, step) => {
      const found = periodsOf(asked, zone, step);
      expect(found?.at(-1)?.end).toBe(asked.end);
      for (const [index, period] of (found ?? []).entries()) {
        expect(period.end).toBeGreaterThan(period.start);
        expect(period.start % BUCKET_MS).toBe(0);
        expect(period.start).toBe(index === 0 ? asked.start : found?.[index - 1]?.end);
      }
    }),
    { numRuns: 150 },
  );
});

test.each([
  ['a usual day', 'Asia/Kolkata', '2026-11-20', '2026-11-22', [24, 24]],
  ['the clocks go forward', 'America/New_York', '2026-03-07', '2026-03-10', [24, 23, 24]],
  ['the clocks go back', 'America/New_York', '2026-10-31', '2026-11-03', [24, 25, 24]],
  ['the clocks go by half an hour', 'Australia/Lord_Howe', '2026-04-04', '2026-04-07', [24, 24.5, 24]],
  ['the clocks go by half an hour again', 'Australia/Lord_Howe', '2026-10-03', '2026-10-06', [24, 23.5, 24]],
  ['a day was left out', 'Pacific/Apia', '2011-12-29', '2012-01-01', [24, 24]],
  ['midnight was left out', 'America/Sao_Paulo', '2018-11-03', '2018-11-06', [24, 23, 24]],
  ['midnight came twice', 'America/Sao_Paulo', '2018-02-16', '2018-02-19', [24, 25, 24]],
])('days where %s (%s, %s)', (_, zone, from, to, lengths) => {
  expect(hours(periods(from, to, zone, 'day'))).toEqual(lengths);
});

test('a day begins at midnight of its zone, at whatever minute of UTC that is', () => {
  expect(new Date(moment('2026-11-20', 'Asia/Kolkata')).toISOString()).toBe('2026-11-19T18:30:00.000Z');
  expect(new Date(moment('2026-11-20', 'Asia/Kathmandu')).toISOString()).toBe('2026-11-19T18:15:00.000Z');
  expect(new Date(moment('2018-11-04', 'America/Sao_Paulo')).toISOString()).toBe('2018-11-04T03:00:00.000Z');
});

test.each([
  ['America/New_York', '2026-03-08', '2026-03-09', 23],
  ['America/New_York', '2026-11-01', '2026-11-02', 25],
  ['Asia/Kathmandu', '2026-11-20', '2026-11-21', 24],
  ['Australia/Lord_Howe', '2026-04-05', '2026-04-06', 24],
  ['Australia/Lord_Howe', '2026-10-04', '2026-10-05', 24],
])('the hours of a day in %s (%s)', (zone, from, to, count) => {
  const found = periods(from, to, zone, 'hour');
  expect(found).toHaveLength(count);
  expect(hours(found).reduce((sum, length) => sum + length, 0)).toBe(hours(periods(from, to, zone, 'day'))[0]);
});

test('weeks begin on Monday and months on the first, the first and the last cut at the ends of the range', () => {
  const weeks = periods('2026-11-18', '2026-12-01', 'Europe/Berlin', 'week');
  expect(hours(weeks)).toEqual([5 * 24, 7 * 24, 24]);
  const months = periods('2026-10-15', '2026-12-02', 'Europe/Berlin', 'month');
  expect(hours(months)).toEqual([17 * 24 + 1, 30 * 24, 24]);
});

test('the current month is that of the zone, not of UTC', () => {
  const month = monthOf(Date.UTC(2026, 10, 30, 20), 'Asia/Kolkata');
  expect(new Date(month.start).toISOString()).toBe('2026-11-30T18:30:00.000Z');
  expect(new Date(month.end).toISOString()).toBe('2026-12-31T18:30:00.000Z');
});

test('an empty range has no steps, and one with too many is refused', () => {
  expect(periodsOf({ start: 0, end: 0 }, 'UTC', 'day')).toEqual([]);
  expect(periodsOf({ start: 0, end: Date.UTC(2026, 0) }, 'UTC', 'hour')).toBeNull();
});

test.each(['', 'Mars/Olympus', '__proto__', 'Europe', '+01:07', '-00:01', '2026-11-20', ' UTC', 'UTC\n'])(
  '%j is no time zone whose days are whole buckets',
  (zone) => {
    expect(isZone(zone)).toBe(false);
  },
);

test.each(['UTC', 'Europe/Berlin', 'america/new_york', 'Asia/Calcutta', 'Etc/GMT+5'])('%s is a time zone', (zone) => {
  expect(isZone(zone)).toBe(true);
});

test.each([
  '',
  'today',
  '2026',
  '2026-11',
  '2026-13-01',
  '2026-02-30',
  '20261120',
  '2026-11-20T09:00',
  '2026-11-20T09:07:00Z',
  '1732060800000',
  '2026-11-20T25:00:00Z',
  '-271821-04-20T00:00:00Z',
  '+275760-09-13T00:00:00Z',
])('%j is no moment that can be asked for', (text) => {
  expect(parseMoment(text, 'America/New_York').ok).toBe(false);
});

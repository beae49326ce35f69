import { expect, test } from 'vitest';

import { spokenUsd } from '../../worker/destination/figure.ts';
import { noteOf } from '../../worker/destination/note.ts';
import { RELAY } from '../../worker/event/own.ts';
import { event, TOLD } from './told.ts';

const PLAIN = { spent: null, folded: 0 };

test.each(TOLD)('of %s with %j a person reads what happened', (type, data, title, facts) => {
  const note = noteOf(event({ type, data, source: RELAY }), PLAIN);
  expect([note.title, Object.fromEntries(note.facts.map(({ name, value }) => [name, value]))]).toEqual([title, facts]);
});

test('what the session cost, who it was and where stands behind what happened', () => {
  const note = noteOf(event(), { spent: '1.234', folded: 0 });
  expect(note.facts.map(({ name, value }) => `${name} ${value}`)).toEqual([
    'Cost so far $1.23',
    'Who ann@example.com',
    'Project example.com/acme/app',
    'Branch feat/x_y',
  ]);
  expect(note.link).toBe('https://example.com/acme/app');
});

test('a message that stands for others says for how many', () => {
  const note = noteOf(event(), { spent: null, folded: 1_234 });
  expect(note.facts[0]).toEqual({ name: 'Before it', value: '1,234 more like this' });
});

test.each([
  'app',
  'localhost/acme',
  'example.com',
  'example.com/a>b',
  'example.com/a b',
  'javascript:alert(1)',
  '../..',
])('a project named %s is no link', (name) => {
  expect(noteOf(event({ source: { ...event().source, project: { id: 'f00d', name } } }), PLAIN).link).toBeNull();
});

test.each([
  ['0', '$0.00'],
  ['0.000000001', 'less than $0.01'],
  ['0.004999999', 'less than $0.01'],
  ['0.005', '$0.01'],
  ['9.995', '$10.00'],
  ['1234567.891', '$1,234,567.89'],
  ['-2.5', '-$2.50'],
  ['-0.001', 'less than $0.01 back'],
  ['1e3', null],
  ['NaN', null],
])('%s dollars are spoken as %s', (usd, spoken) => {
  expect(spokenUsd(usd)).toBe(spoken);
});

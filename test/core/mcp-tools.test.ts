import { expect, test } from 'vitest';

import { checked, queryOf, schemaOf } from '../../worker/api/mcp-arguments.ts';
import { TOOLS } from '../../worker/api/mcp-tools.ts';

const NOW = Date.UTC(2026, 10, 23, 9);

test('the log is asked for its last hour where nothing else is said', () => {
  const asked = (given: object) => TOOLS['events']?.asks({ ...given }, NOW).query;
  expect(asked({})).toEqual({ limit: 50, since: '2026-11-23T08:00:00.000Z' });
  expect(asked({ after: 0 })).toEqual({ limit: 50, after: 0 });
  expect(asked({ since: '2026-01-01T00:00:00Z', limit: 5 })).toEqual({ limit: 5, since: '2026-01-01T00:00:00Z' });
});

test('what is needed is offered, and told to the model', () => {
  for (const [name, { takes, needs = [] }] of Object.entries(TOOLS)) {
    expect([name, needs.filter((need) => !Object.hasOwn(takes, need))]).toEqual([name, []]);
    const { required = [] } = schemaOf(takes, needs) as { required?: readonly string[] };
    expect(required).toEqual(needs);
  }
});

test('arguments are held to their form alone', () => {
  const takes = {
    n: { type: 'integer' },
    is: { type: 'boolean' },
    s: { type: 'string' },
    l: { type: 'array' },
  } as const;
  for (const given of [{}, { n: 1 }, { is: false }, { s: '' }, { l: [] }, { l: ['x'] }]) {
    expect(checked(given, takes, [])).toEqual({ ok: true, value: given });
  }
  for (const given of [
    { n: '1' },
    { n: 0.5 },
    { n: 2 ** 53 },
    { is: 0 },
    { s: null },
    { l: 'x' },
    { l: [1] },
    { x: 1 },
  ]) {
    expect(checked(given, takes, [])).toMatchObject({ ok: false });
  }
  expect(checked({}, takes, ['n'])).toEqual({ ok: false, error: 'n: is missing' });
  expect(checked(JSON.parse('{"__proto__":1}'), takes, [])).toMatchObject({ ok: false });
});

test('a query has lists with commas, and nothing of what is false', () => {
  expect(queryOf({ a: 'x y', b: ['p', 'q'], c: true, d: false, e: 0 })).toBe('a=x+y&b=p%2Cq&c=true&e=0');
});

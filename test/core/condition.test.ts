import { expect, test } from 'vitest';

import { parseCondition } from '../../worker/delivery/condition.ts';
import { describeFault, holds, subject, TOWN } from './conditions.ts';

test.each([
  // A value, or the operators of it.
  [{ member: 'ann@example.com' }, true],
  [{ member: 'Ann@example.com' }, false],
  [{ member: { $eq: 'ann@example.com' } }, true],
  [{ member: { $ne: 'ann@example.com' } }, false],
  [{ member: { $in: ['bob@example.com', 'ann@example.com'] } }, true],
  [{ member: { $nin: ['bob@example.com', 'ann@example.com'] } }, false],
  [{ member: { $startsWith: 'ann', $endsWith: '@example.com' } }, true],
  [{ member: { $startsWith: 'ann', $endsWith: '@example.org' } }, false],
  [{ member: { $contains: '@exam' } }, true],
  // Short names and whole paths.
  [{ 'source.member': 'ann@example.com', branch: 'main', 'source.host': 'laptop', host: 'laptop' }, true],
  [{ project: 'f00d' }, true],
  [{ project: 'example.com/acme/app' }, true],
  [{ project_name: 'f00d' }, false],
  [{ project: { $ne: 'f00d' } }, false],
  [{ 'source.project.id': 'f00d', 'source.project': { $exists: true } }, true],
  [{ type: 'message.updated', session: 'ses_1' }, true],
  [{ type: { $startsWith: 'message.' } }, true],
  [{ agent: 'build', model: 'claude-opus-4-6', provider: 'anthropic', kind: 'chat' }, true],
  [{ role: 'crew', rig: 'app', worker: 'joe', town: 'acme' }, true],
  [{ 'source.town.role': { $in: ['mayor', 'polecat'] } }, false],
  // Numbers and booleans are what they are.
  [{ 'data.tokens.input': 800 }, true],
  [{ 'data.tokens.input': { $gt: 799.5, $lte: 800 } }, true],
  [{ 'data.tokens.input': { $gt: 800 } }, false],
  [{ 'data.tokens.input': '800' }, false],
  [{ 'data.copied': false }, true],
  [{ 'data.copied': 0 }, false],
  [{ 'data.model': { $gt: 1 } }, false],
  // Money is exact, however it is written.
  [{ cost_usd: '1.250' }, true],
  [{ cost_usd: { $gt: '1.249999999', $lt: '1.250000001' } }, true],
  [{ cost_usd: { $gte: '1.25' } }, true],
  [{ cost_usd: { $gt: '1.25' } }, false],
  [{ cost_usd: { $lt: '10' } }, true],
  [{ 'data.cost_usd': { $in: ['1', '1.25'] } }, true],
  // Times are moments.
  [{ 'data.created_at': '2026-11-20T09:00:00Z' }, true],
  [{ 'data.created_at': { $gt: '2026-11-20T08:59:59.999Z' } }, true],
  [{ 'data.created_at': { $gt: '2026-11-20T09:00:00.000Z' } }, false],
  // What is missing or null is nothing.
  [{ bead: null }, true],
  [{ 'data.error': null, 'data.error.name': null, 'data.no.such': null }, true],
  [{ member: null }, false],
  [{ bead: { $exists: false } }, true],
  [{ 'data.no': { $exists: true } }, false],
  [{ 'data.tokens': { $exists: true } }, true],
  [{ bead: { $ne: 'b-1' } }, true],
  [{ bead: { $nin: ['b-1'] } }, true],
  [{ bead: { $nin: ['b-1', null] } }, false],
  [{ bead: { $in: ['b-1', null] } }, true],
  [{ bead: { $startsWith: 'b' } }, false],
  [{ bead: { $not: { $startsWith: 'b' } } }, true],
  [{ 'data.no': { $lt: 5 } }, false],
  [{ 'data.no_usd': { $lt: '5' } }, false],
  // A list holds its elements, and is reached by nothing else.
  [{ 'data.tags': { $contains: 'red' } }, true],
  [{ 'data.tags': { $contains: 're' } }, false],
  [{ 'data.tags': 'red' }, false],
  [{ 'data.tags.0': 'red' }, false],
  [{ 'data.tags.length': { $exists: true } }, false],
  // Logic.
  [{ member: 'ann@example.com', branch: 'dev' }, false],
  [{ $or: [{ branch: 'dev' }, { member: 'ann@example.com' }] }, true],
  [{ $or: [{ branch: 'dev' }, { member: 'bob@example.com' }] }, false],
  [{ $and: [{ branch: 'main' }, { member: 'ann@example.com' }] }, true],
  [{ $not: { branch: 'main', member: 'bob@example.com' } }, true],
  [{ $not: { branch: 'main' } }, false],
  [{ branch: { $not: 'dev' } }, true],
  [{ $or: [{ type: 'session.error' }, { type: 'message.updated', cost_usd: { $gt: '1' } }] }, true],
])('%j: %s', (json, expected) => {
  const data = { cost_usd: '1.25', tags: ['red', 'blue'] };
  expect(holds(json, subject({ data, source: { town: TOWN } }))).toBe(expected);
});

test('what stands in a prototype stands in no event', () => {
  for (const name of [
    'data.constructor',
    'data.toString',
    'data.__proto__',
    'data.tags.length',
    'data.cost_usd.length',
  ])
    expect(holds({ [name]: { $exists: true } })).toBe(false);
  const own = subject({ data: JSON.parse('{"__proto__": {"admin": true}}') });
  expect(holds({ 'data.__proto__.admin': true }, own)).toBe(true);
});

test('money that a number cannot hold is still compared to its last digit', () => {
  const at = (spent_usd: string) => subject({ data: { spent_usd } });
  const above = { 'data.spent_usd': { $gt: '9007199.254740993' } };
  expect(holds(above, at('9007199.254740993'))).toBe(false);
  expect(holds(above, at('9007199.254740994'))).toBe(true);
  expect(holds({ 'data.spent_usd': { $lt: '0' } }, at('-0.000000001'))).toBe(true);
  expect(holds({ 'data.spent_usd': { $gte: '0' } }, at('1e3'))).toBe(false);
});

const FAULTS: readonly (readonly [unknown, string])[] = [
  [{}, ': must be an object of fields, or of $and, $or, $not, got an empty object'],
  [[], ': must be an object of fields, or of $and, $or, $not, got an empty list'],
  ['member', ': must be an object of fields, or of $and, $or, $not, got "member"'],
  [null, ': must be an object of fields, or of $and, $or, $not, got null'],
  [{ membr: 'ann' }, 'membr: is no field'],
  [{ 'source.membr': 'ann' }, 'source.membr: is no field'],
  [{ source: { member: 'ann' } }, 'source: is no field'],
  [{ data: { $exists: true } }, 'data: is no field'],
  [{ 'data.': 1 }, 'data.: is no field'],
  [{ 'data..x': 1 }, 'data..x: is no field'],
  [{ constructor: 'x' }, 'constructor: is no field'],
  [JSON.parse('{"__proto__": 1}'), '__proto__: is no field'],
  [{ member: {} }, 'member: must hold an operator, got an empty object'],
  [{ member: ['ann', 'bob'] }, 'member: must be a value or operators: a list stands under $in, got a list'],
  [{ member: { $regex: '(a+)+$' } }, 'member.$regex: is none of $eq, $ne'],
  [{ member: { toString: 'x' } }, 'member.toString: is none of $eq, $ne'],
  [{ member: { $eq: { a: 1 } } }, 'member.$eq: must be text, a number, true, false or null, got an object'],
  [{ member: { $in: 'ann' } }, 'member.$in: must be a list of values, got "ann"'],
  [{ member: { $in: [] } }, 'member.$in: must be a list of values, got an empty list'],
  [{ member: { $nin: ['ann', ['bob']] } }, 'member.$nin.1: must be text, a number, true, false or null, got a list'],
  [{ member: { $in: Array(101).fill('a') } }, 'member.$in: must list at most 100 values, got 101'],
  [{ member: { $gt: 'a' } }, 'member.$gt: must be a number: text has no order, got "a"'],
  [{ 'data.tokens.input': { $gt: '5' } }, 'data.tokens.input.$gt: must be a number: text has no order, got "5"'],
  [{ branch: { $exists: 'yes' } }, 'branch.$exists: must be true or false, got "yes"'],
  [{ branch: { $startsWith: 1 } }, 'branch.$startsWith: must be text, got 1'],
  [{ branch: { $contains: '' } }, 'branch.$contains: must be text, got ""'],
  [{ branch: { $not: {} } }, 'branch.$not: must hold an operator, got an empty object'],
  [{ cost_usd: 1.25 }, 'cost_usd: must be a decimal string in US dollars such as "1.25", got 1.25'],
  [{ cost_usd: { $gt: '$1' } }, 'cost_usd.$gt: must be a decimal string in US dollars such as "1.25", got "$1"'],
  [{ cost_usd: { $gt: '1e3' } }, 'cost_usd.$gt: must be a decimal string'],
  [{ cost_usd: { $lt: '0.0000000001' } }, 'cost_usd.$lt: must be a decimal string'],
  [{ cost_usd: { $contains: '1' } }, 'cost_usd.$contains: is for text'],
  [{ 'data.created_at': { $gt: '2026-11-20' } }, 'data.created_at.$gt: must be an ISO 8601 time in UTC'],
  [{ 'data.created_at': { $gt: '2026-13-20T00:00:00Z' } }, 'data.created_at.$gt: must be an ISO 8601 time in UTC'],
  [{ 'data.created_at': { $gt: '2026-02-30T00:00:00Z' } }, 'data.created_at.$gt: must be an ISO 8601 time in UTC'],
  [{ $or: [] }, '$or: must be a list of conditions, got an empty list'],
  [{ $or: { member: 'ann' } }, '$or: must be a list of conditions, got an object'],
  [{ $and: ['ann'] }, '$and.0: must be an object of fields'],
  [{ $nor: [{ member: 'ann' }] }, '$nor: is none of $and, $or, $not'],
  [{ $eq: 'ann' }, '$eq: is none of $and, $or, $not: other operators stand inside a field'],
  [{ $not: 'ann' }, '$not: must be an object of fields'],
  [
    { member: 'ann', $or: [{ branch: 'main' }, { $not: { cost_usd: { $gt: 1 } } }] },
    '$or.1.$not.cost_usd.$gt: must be a decimal string',
  ],
];

test.each(FAULTS)('%j is refused with the place of its fault', (json, expected) => {
  const parsed = parseCondition(json);
  expect(parsed.ok ? 'accepted' : describeFault(parsed.error)).toContain(expected);
});

function nested(levels: number): object {
  return levels === 0 ? { member: 'ann' } : { $not: nested(levels - 1) };
}

test('size, depth and number of questions are bounded', () => {
  expect(parseCondition(nested(7)).ok).toBe(true);
  expect(parseCondition(nested(8)).ok).toBe(false);
  expect(parseCondition(nested(400)).ok).toBe(false);
  const inner = (levels: number): unknown => (levels === 0 ? 'ann' : { $not: inner(levels - 1) });
  expect(parseCondition({ member: inner(8) }).ok).toBe(true);
  expect(parseCondition({ member: inner(9) }).ok).toBe(false);
  const asking = (count: number) => ({ $or: Array.from({ length: count }, () => ({ branch: 'x' })) });
  expect(parseCondition(asking(50)).ok).toBe(true);
  expect(parseCondition(asking(51))).toMatchObject({ error: { message: 'must ask at most 50 questions', got: '51' } });
  const frame = JSON.stringify({ branch: '' }).length;
  expect(parseCondition({ branch: 'é'.repeat((4_096 - frame) / 2) }).ok).toBe(true);
  expect(parseCondition({ branch: 'x'.repeat(4_097 - frame) })).toMatchObject({ error: { got: '4097' } });
});

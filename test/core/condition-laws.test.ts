import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { parseCondition } from '../../worker/delivery/condition.ts';
import { field, holds, subject, TOWN } from './conditions.ts';

const condition = fc.letrec<{ condition: object }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    field,
    fc.record({ $and: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ $or: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ $not: tie('condition') }),
    fc.tuple(field, fc.record({ $not: tie('condition') })).map(([one, other]) => ({ ...one, ...other })),
  ),
})).condition;

/** Events as the door lets them in, whatever stands in them. */
const any = fc
  .record({
    data: fc.dictionary(
      fc.constantFrom('cost_usd', 'x', 'created_at', 'agent', '__proto__'),
      fc.jsonValue({ maxDepth: 2 }),
    ),
    branch: fc.option(fc.constantFrom('main', 'dev', 'wip/x')),
    role: fc.option(fc.constantFrom('crew', 'mayor')),
    type: fc.constantFrom('message.updated', 'session.idle', 'custom'),
  })
  .map(({ data, branch, role, type }) =>
    subject({ data, type, source: { branch, town: role === null ? null : { ...TOWN, role } } }, false),
  );

test('not of not is the condition itself', () => {
  fc.assert(
    fc.property(condition, any, (one, event) => {
      expect(holds({ $not: { $not: one } }, event)).toBe(holds(one, event));
      expect(holds({ $not: one }, event)).toBe(!holds(one, event));
    }),
  );
});

test('De Morgan holds, also of what is missing', () => {
  fc.assert(
    fc.property(condition, condition, any, (a, b, event) => {
      expect(holds({ $not: { $and: [a, b] } }, event)).toBe(holds({ $or: [{ $not: a }, { $not: b }] }, event));
      expect(holds({ $not: { $or: [a, b] } }, event)).toBe(holds({ $and: [{ $not: a }, { $not: b }] }, event));
    }),
  );
});

test('$ne is not $eq, $nin is not $in, $in is $eq of one or the other', () => {
  const value = fc.constantFrom('main', 'dev', '', null, 1, true);
  fc.assert(
    fc.property(value, value, any, (a, b, event) => {
      const asks = (test: object) => holds({ branch: test }, event);
      expect(asks({ $ne: a })).toBe(!asks({ $eq: a }));
      expect(asks({ $nin: [a, b] })).toBe(!asks({ $in: [a, b] }));
      expect(asks({ $in: [a, b] })).toBe(asks({ $eq: a }) || asks({ $eq: b }));
    }),
  );
});

test('the order of keys does not matter', () => {
  const reversed = (json: unknown): unknown => {
    if (Array.isArray(json)) return json.map(reversed);
    if (typeof json !== 'object' || json === null) return json;
    const entries = Object.entries(json).map(([key, value]) => [key, reversed(value)] as const);
    return Object.fromEntries(entries.toReversed());
  };
  fc.assert(
    fc.property(condition, any, (one, event) => {
      expect(holds(reversed(one), event)).toBe(holds(one, event));
    }),
  );
});

test('any JSON is accepted, or refused with a place in it; what is accepted throws at no event', () => {
  const word = fc.constantFrom(
    '$and',
    '$or',
    '$not',
    '$in',
    '$eq',
    '$gt',
    '$regex',
    'member',
    'cost_usd',
    'data.x',
    'x',
  );
  const json = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, 1, 'x', '1.5'),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(word, tie('json'), { maxKeys: 3 }),
    ),
  })).json;
  fc.assert(
    fc.property(json, any, (one, { event, source }) => {
      const parsed = parseCondition(one);
      const found = parsed.ok ? parsed.value(event, source) : at(one, parsed.error.path);
      expect(found).not.toBeUndefined();
    }),
    { numRuns: 500 },
  );
});

function at(json: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce((place: unknown, key) => (place as Record<string, unknown>)[key], json);
}

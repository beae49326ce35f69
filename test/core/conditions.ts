// Events to try conditions on, and conditions of one field.
import * as fc from 'fast-check';

import type { Source } from '../../plugin/contract.ts';
import { parseCondition } from '../../worker/delivery/condition.ts';
import type { Fault } from '../../worker/delivery/condition-operator.ts';
import { message, source } from '../relay/builders.ts';

export interface Subject {
  readonly event: { readonly type: string; readonly session: string | null; readonly data: object };
  readonly source: Source;
}

interface Given {
  readonly type?: string;
  readonly data?: object;
  readonly source?: Partial<Source>;
}

/** A message of Ann's, with more or with other data. */
export function subject(given: Given = {}, isMessage = true): Subject {
  const { data, ...event } = message(1);
  return {
    event: { ...event, type: given.type ?? event.type, data: { ...(isMessage ? data : {}), ...given.data } },
    source: source(given.source),
  };
}

export const TOWN = { town: 'acme', role: 'crew', rig: 'app', worker: 'joe', bead: null };

export function holds(condition: unknown, { event, source }: Subject = subject()): boolean {
  const parsed = parseCondition(condition);
  if (!parsed.ok) throw new Error(describeFault(parsed.error));
  return parsed.value(event, source);
}

export function describeFault({ path, message, got }: Fault): string {
  return `${path.join('.')}: ${message}, got ${got}`;
}

const text = fc.constantFrom('main', 'dev', 'wip/x', 'crew', 'mayor', 'build');
const usd = fc.constantFrom('0', '1', '1.25', '100.000000001');
const number = fc.integer({ min: -2, max: 2 });

function asked(operators: readonly string[], operand: fc.Arbitrary<unknown>): fc.Arbitrary<object> {
  return fc.dictionary(fc.constantFrom(...operators), operand, { minKeys: 1, maxKeys: 2 });
}

const ORDER = ['$gt', '$gte', '$lt', '$lte', '$eq', '$ne'];
const TEXT = ['$startsWith', '$endsWith', '$contains', '$eq', '$ne'];

export const field: fc.Arbitrary<object> = fc
  .oneof(
    fc.tuple(fc.constantFrom('branch', 'role', 'agent', 'type', 'data.x'), asked(TEXT, text)),
    fc.tuple(fc.constantFrom('branch', 'data.x', 'data.x.y'), asked(['$in', '$nin'], fc.array(text, { minLength: 1 }))),
    fc.tuple(fc.constantFrom('branch', 'source.town', 'cost_usd'), asked(['$exists'], fc.boolean())),
    fc.tuple(fc.constantFrom('data.x', 'data.agent'), asked(ORDER, number)),
    fc.tuple(fc.constant('cost_usd'), asked(ORDER, usd)),
    fc.tuple(fc.constant('branch'), fc.option(text)),
  )
  .map(([name, value]) => ({ [name]: value }));

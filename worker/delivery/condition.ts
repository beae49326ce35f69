// Conditions over an event's fields: a small JSON language of the family that Convoy, Hookdeck and Outpost have. An object holds
// where all that it names does. A condition is parsed when an endpoint is given it, and once more for each window of deliveries,
// into a function that no event can make throw.
import type { Source } from '../../plugin/contract.ts';
import { ok, type Result } from '../result.ts';
import { fieldOf, FIELDS, type Field, type Subject } from './condition-field.ts';
import { all, equal, map, not, OPERATORS, within, wrong, type Fault, type Test } from './condition-operator.ts';

/** JSON that was accepted. */
export type Condition = object;
export type Holds = (event: Subject, source: Source) => boolean;

/** An event is looked at by every endpoint of its team, so what one look costs is bounded. */
const MAX_BYTES = 4_096;
const MAX_TESTS = 50;
const MAX_DEPTH = 8;

/** A part of a condition, and of how many single questions it consists. */
interface Part<T> {
  readonly holds: T;
  readonly tests: number;
}

export function parseCondition(json: unknown): Result<Holds, Fault> {
  const bytes = new TextEncoder().encode(JSON.stringify(json)).length;
  if (bytes > MAX_BYTES) return wrong(`must be at most ${MAX_BYTES} bytes of JSON`, bytes);
  const parsed = condition(json, MAX_DEPTH);
  if (parsed.ok && parsed.value.tests > MAX_TESTS)
    return wrong(`must ask at most ${MAX_TESTS} questions`, parsed.value.tests);
  return map(parsed, ({ holds }) => holds);
}

export function compile(accepted: Condition): Holds {
  const parsed = parseCondition(accepted);
  if (!parsed.ok)
    throw new Error(`the condition is not understood: ${parsed.error.path.join('.')}: ${parsed.error.message}`);
  return parsed.value;
}

const LOGIC = '$and, $or, $not';

function condition(json: unknown, depth: number): Result<Part<Holds>, Fault> {
  if (!isObject(json) || Object.keys(json).length === 0)
    return wrong(`must be an object of fields, or of ${LOGIC}`, json);
  if (depth === 0) return wrong(`must nest at most ${MAX_DEPTH} levels`, json);
  const parts: Part<Holds>[] = [];
  for (const [name, value] of Object.entries(json)) {
    const part = within(name, member(name, value, depth));
    if (!part.ok) return part;
    parts.push(part.value);
  }
  return ok(every(parts));
}

function member(name: string, value: unknown, depth: number): Result<Part<Holds>, Fault> {
  if (name === '$not') return map(condition(value, depth - 1), negated);
  if (name === '$and' || name === '$or') {
    if (!Array.isArray(value) || value.length === 0) return wrong('must be a list of conditions', value);
    return map(all(value.map((one) => condition(one, depth - 1))), name === '$and' ? every : some);
  }
  if (name.startsWith('$')) return wrong(`is none of ${LOGIC}: other operators stand inside a field`, value);
  const field = fieldOf(name);
  if (field === null) return wrong(`is no field: write ${FIELDS}`, value);
  return map(question(field, value, depth), ({ holds, tests }) => ({
    holds: (event, source) => holds(field.values(event, source)),
    tests,
  }));
}

/** What is asked of one field: a value that it must have, or operators that must all hold. */
function question(field: Field, json: unknown, depth: number): Result<Part<Test>, Fault> {
  if (Array.isArray(json)) return wrong('must be a value or operators: a list stands under $in', json);
  if (!isObject(json)) return map(equal(json, field.kind), single);
  if (Object.keys(json).length === 0) return wrong('must hold an operator', json);
  if (depth === 0) return wrong(`must nest at most ${MAX_DEPTH} levels`, json);
  const parts: Part<Test>[] = [];
  for (const [name, operand] of Object.entries(json)) {
    const part = within(name, operation(field, name, operand, depth));
    if (!part.ok) return part;
    parts.push(part.value);
  }
  return ok(every(parts));
}

function operation(field: Field, name: string, operand: unknown, depth: number): Result<Part<Test>, Fault> {
  if (name === '$not') return map(question(field, operand, depth - 1), negated);
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (operator === undefined) return wrong(`is none of ${Object.keys(OPERATORS).join(', ')}, $not`, operand);
  return map(operator(operand, field.kind), single);
}

function single(holds: Test): Part<Test> {
  return { holds, tests: 1 };
}

function negated<A extends readonly unknown[]>({ holds, tests }: Part<(...given: A) => boolean>) {
  return { holds: not(holds), tests };
}

function every<A extends readonly unknown[]>(parts: readonly Part<(...given: A) => boolean>[]) {
  return { holds: (...given: A) => parts.every(({ holds }) => holds(...given)), tests: sum(parts) };
}

function some<A extends readonly unknown[]>(parts: readonly Part<(...given: A) => boolean>[]) {
  return { holds: (...given: A) => parts.some(({ holds }) => holds(...given)), tests: sum(parts) };
}

function sum(parts: readonly Part<unknown>[]): number {
  return parts.reduce((total, { tests }) => total + tests, 0);
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

// What a condition may ask of a field. There is no `$regex`: a pattern that backtracks would hold up the whole team's object, for
// every event it looks at.
import { fail, ok, type Result } from '../result.ts';
import type { Kind } from './condition-field.ts';

/** What is wrong with a condition, and where in it. */
export interface Fault {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly got: string;
}

/** Asks it of what stands in the field, which is nothing where the field is missing or null. */
export type Test = (values: readonly unknown[]) => boolean;
type Operator = (operand: unknown, kind: Kind) => Result<Test, Fault>;

const MAX_LIST = 100;

export const OPERATORS: Readonly<Record<string, Operator>> = {
  $eq: equal,
  $ne: (operand, kind) => map(equal(operand, kind), not),
  $in: oneOf,
  $nin: (operand, kind) => map(oneOf(operand, kind), not),
  $gt: ordered((value, operand) => value > operand),
  $gte: ordered((value, operand) => value >= operand),
  $lt: ordered((value, operand) => value < operand),
  $lte: ordered((value, operand) => value <= operand),
  $exists(operand) {
    if (typeof operand !== 'boolean') return wrong('must be true or false', operand);
    return ok((values) => values.length > 0 === operand);
  },
  $startsWith: textual((value, operand) => typeof value === 'string' && value.startsWith(operand)),
  $endsWith: textual((value, operand) => typeof value === 'string' && value.endsWith(operand)),
  $contains: textual(
    (value, operand) => (typeof value === 'string' || Array.isArray(value)) && value.includes(operand),
  ),
};

export function wrong(message: string, got: unknown): Result<never, Fault> {
  return fail({ path: [], message, got: brief(got) });
}

/** The same from one level further out. */
export function within<T>(key: string | number, result: Result<T, Fault>): Result<T, Fault> {
  return result.ok ? result : fail({ ...result.error, path: [key, ...result.error.path] });
}

export function not<A extends readonly unknown[]>(test: (...given: A) => boolean): (...given: A) => boolean {
  return (...given) => !test(...given);
}

export function map<T, U>(result: Result<T, Fault>, change: (value: T) => U): Result<U, Fault> {
  return result.ok ? ok(change(result.value)) : result;
}

/** The good ones of all, or the first that is not. */
export function all<T>(results: readonly Result<T, Fault>[]): Result<T[], Fault> {
  const values: T[] = [];
  for (const [index, result] of results.entries()) {
    if (!result.ok) return within(index, result);
    values.push(result.value);
  }
  return ok(values);
}

export function equal(operand: unknown, kind: Kind): Result<Test, Fault> {
  if (operand === null) return ok((values) => values.length === 0);
  if (typeof operand === 'object') return wrong('must be text, a number, true, false or null', operand);
  if (kind.isText) return ok((values) => values.includes(operand));
  const rank = kind.rank(operand);
  return rank === null ? wrong(kind.must, operand) : ok((values) => values.some((value) => kind.rank(value) === rank));
}

function oneOf(operand: unknown, kind: Kind): Result<Test, Fault> {
  if (!Array.isArray(operand) || operand.length === 0) return wrong('must be a list of values', operand);
  if (operand.length > MAX_LIST) return wrong(`must list at most ${MAX_LIST} values`, operand.length);
  return map(all(operand.map((one) => equal(one, kind))), (tests) => (values) => tests.some((test) => test(values)));
}

function ordered(holds: (value: number | bigint, operand: number | bigint) => boolean): Operator {
  return (operand, kind) => {
    const bound = kind.rank(operand);
    if (bound === null) return wrong(kind.must, operand);
    return ok((values) =>
      values.some((value) => {
        const rank = kind.rank(value);
        return rank !== null && holds(rank, bound);
      }),
    );
  };
}

function textual(holds: (value: unknown, operand: string) => boolean): Operator {
  return (operand, kind) => {
    if (!kind.isText) return wrong('is for text: compare with $eq, $gt and the like', operand);
    if (typeof operand !== 'string' || operand === '') return wrong('must be text', operand);
    return ok((values) => values.some((value) => holds(value, operand)));
  };
}

function brief(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'nothing';
  return Object.keys(value).length === 0 ? 'an empty object' : 'an object';
}

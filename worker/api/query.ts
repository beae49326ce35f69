// Query parameters: read by name, each with what it must be. An unknown parameter is an error, not a filter that silently does nothing.
import type { Context } from 'hono';

import * as v from 'valibot';

import { instant } from '../event/schema.ts';
import { parseMoment } from '../ledger/period.ts';
import { fail, ok, type Result } from '../result.ts';
import { refuse, type Refusal } from './problem.ts';

export interface Read<T> {
  (text: string | undefined): Result<T, string>;
  readonly isFilter?: true;
}
export type Values<S> = { readonly [K in keyof S]: S[K] extends Read<infer T> ? T : never };

export function readQuery<S extends Record<string, Read<unknown>>>(c: Context, shape: S): Result<Values<S>, Refusal> {
  const parameters = new URL(c.req.url).searchParams;
  const names = [...parameters.keys()];
  const unknown = names.find((name) => !Object.hasOwn(shape, name));
  if (unknown !== undefined) {
    return fail(
      refuse(
        'query-malformed',
        `${unknown}: not a parameter of this route, which takes ${Object.keys(shape).join(', ')}`,
      ),
    );
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return fail(refuse('query-malformed', `${twice}: give it once`));
  const values: Record<string, unknown> = {};
  for (const [name, read] of Object.entries(shape)) {
    const given = parameters.get(name);
    if (given === '' && read.isFilter)
      return fail(refuse('query-malformed', `${name}: must not be empty: leave it out for all of them`));
    const value = read(given || undefined);
    if (!value.ok) return fail(refuse('query-malformed', `${name}: ${value.error}`));
    values[name] = value.value;
  }
  return ok(values as Values<S>);
}

/** Of a filter nothing is not everything: whoever has no name to ask for must not be told of all of them. */
export function filter<T>(read: Read<T>): Read<T> {
  return Object.assign((given: string | undefined) => read(given), { isFilter: true } as const);
}

export const text: Read<string | null> = (given) =>
  given === undefined || given.length <= 256 ? ok(given ?? null) : fail('must be at most 256 characters');

/** A time in UTC, in epoch milliseconds, or a day, which stands for its midnight there. */
export const moment: Read<number | null> = (given) => (given === undefined ? ok(null) : parseMoment(given, 'UTC'));

export const position = whole({ min: 0, max: Number.MAX_SAFE_INTEGER, otherwise: 0 });
export const positionOrNone: Read<number | null> = (given) => (given === undefined ? ok(null) : position(given));

export const time: Read<number | null> = (given) => {
  if (given === undefined) return ok(null);
  return v.safeParse(instant, given).success
    ? ok(Date.parse(given))
    : fail(`must be an ISO 8601 time in UTC such as 2026-11-22T09:00:00Z, got ${given.slice(0, 80)}`);
};

/** How long to wait for an event where there is none yet: given in seconds, read in milliseconds. */
export const wait: Read<number> = (given) => {
  const seconds = whole({ min: 0, max: 30, otherwise: 0 })(given);
  return seconds.ok ? ok(seconds.value * 1_000) : seconds;
};

/** How a list is to be written, where its route knows more than JSON. */
export const format = oneOf(['json', 'csv']);

export function whole(range: { readonly min: number; readonly max: number; readonly otherwise: number }): Read<number> {
  return (given) => {
    if (given === undefined) return ok(range.otherwise);
    const value = /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
    if (value >= range.min && value <= range.max) return ok(value);
    return fail(`must be a whole number from ${range.min} to ${range.max}, got ${given.slice(0, 80)}`);
  };
}

export function oneOf<T extends string>(names: readonly T[]): Read<T | null> {
  return (given) => {
    const name = names.find((candidate) => candidate === given);
    return given === undefined || name !== undefined
      ? ok(name ?? null)
      : fail(`must be one of ${names.join(', ')}, got ${given.slice(0, 80)}`);
  };
}

/** Names parted by commas, each of a closed list, none twice. */
export function someOf<T extends string>(names: readonly T[], most: number): Read<readonly T[]> {
  return (given) => {
    const chosen = given === undefined ? [] : given.split(',').map((name) => name.trim());
    const known = chosen.flatMap((name) => names.find((candidate) => candidate === name) ?? []);
    if (known.length !== chosen.length || new Set(known).size !== known.length || known.length > most) {
      return fail(
        `must be at most ${most} of ${names.join(', ')}, parted by commas, got ${(given ?? '').slice(0, 80)}`,
      );
    }
    return ok(known);
  };
}

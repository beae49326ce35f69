// What a schema complains of, in words: where, what to do, what was got. It repeats no more than a little of what was sent.
import type * as v from 'valibot';

/** How everything from outside is parsed: up to the first fault, which speaks as our own messages do. */
export const STRICTLY = {
  abortEarly: true,
  message: ({ expected }: v.BaseIssue<unknown>): string => `must be ${expected ?? 'something else'}`,
} as const;

export function describe(issue: v.BaseIssue<unknown>): string {
  const where = pathText(issue.path?.map(({ key }) => String(key)) ?? ['body']);
  if (issue.received === 'undefined') return `${where}: is missing`;
  if (issue.expected === 'never') return `${where}: is not a field of this`;
  // Of an object this is no more than that it is one.
  const got = issue.received === 'Object' ? '' : `, got ${issue.received.slice(0, 80)}`;
  return `${where}: ${issue.message}${got}`;
}

export function pathText(path: readonly (string | number)[]): string {
  return path.join('.').slice(0, 120);
}

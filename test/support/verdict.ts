// What OpenCode announced against what the relay stored.

import { expectedEvents } from './expected.ts';
import type { StoredEvent } from './team.ts';
import type { RawEvent } from './tracer.ts';

export interface Verdict {
  readonly expected: number;
  readonly stored: number;
  /** Announced, worth storing, and not in the log. */
  readonly lost: readonly string[];
  /** In the log and never announced, or not worth storing. */
  readonly extra: readonly string[];
  readonly duplicates: readonly string[];
}

export const complete: Partial<Verdict> = { lost: [], extra: [], duplicates: [] };

export function compare(raw: readonly RawEvent[], stored: readonly StoredEvent[]): Verdict {
  const expected = [...expectedEvents(raw)].map(([id, type]) => `${type} ${id}`);
  const got = stored.map(({ origin, type }) => `${type} ${origin.id}`);
  const wanted = new Set(expected);
  const had = new Set(got);
  const seen = new Set<string>();
  return {
    expected: expected.length,
    stored: stored.length,
    lost: expected.filter((event) => !had.has(event)),
    extra: got.filter((event) => !wanted.has(event)),
    duplicates: got.filter((event) => seen.size === seen.add(event).size),
  };
}

// What a filter would have let through of the newest events: a dry run, before an endpoint is made or changed.
import { wantedBy, type Filter } from '../delivery/wanted.ts';
import type { PublicEvent } from '../event/event.ts';
import type { Database } from './database.ts';
import { newestEvents } from './log.ts';

/** Enough to see whether it is what was meant. */
const MAX_EXAMPLES = 5;

export interface TypeMatch {
  readonly type: string;
  readonly matched: number;
  readonly of: number;
}

export interface Match {
  readonly matched: number;
  /** How many events were looked at: fewer than were asked for where the log has no more. */
  readonly of: number;
  /** The most frequent match first. */
  readonly types: readonly TypeMatch[];
  /** The newest first. */
  readonly examples: readonly PublicEvent[];
}

export function matchNewest(db: Database, team: string, filter: Filter, last: number): Match {
  const wanted = wantedBy(filter);
  const types = new Map<string, TypeMatch>();
  const examples: PublicEvent[] = [];
  for (const event of newestEvents(db, team, last)) {
    const isMatch = wanted(event, event.source);
    const { type } = event;
    const { matched, of } = types.get(type) ?? { matched: 0, of: 0 };
    types.set(type, { type, matched: matched + (isMatch ? 1 : 0), of: of + 1 });
    if (isMatch && examples.length < MAX_EXAMPLES) examples.push(event);
  }
  const counts = [...types.values()].toSorted((a, b) => b.matched - a.matched || b.of - a.of);
  return {
    matched: counts.reduce((sum, { matched }) => sum + matched, 0),
    of: counts.reduce((sum, { of }) => sum + of, 0),
    types: counts,
    examples,
  };
}

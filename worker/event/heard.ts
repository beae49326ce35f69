// What another program said, as an event of the relay's own: its texts cut to what an event has room for, and no more.
import type { Escalation } from './escalation.ts';

export type Heard =
  | { readonly type: 'escalation.raised'; readonly data: Escalation }
  | { readonly type: 'notice.received' | 'city.event' | 'city.usage'; readonly data: object };

export const MAX_TEXT = 8_000;
const MAX_LABEL = 256;

export function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** A name or an id, null where there is none. */
export function labelOf(given: unknown): string | null {
  return typeof given === 'string' && given !== '' ? shorten(given.toWellFormed(), MAX_LABEL) : null;
}

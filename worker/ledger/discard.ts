// Which messages' work was thrown away: paid for all the same, and shown as discarded spend. What was removed stays removed, so
// that the set only grows and any arrival order ends in the same one. A deletion means what had been begun by then: a session that was
// imported again goes on.
import { dataOf, type LoggedEvent } from '../event/event.ts';

export interface Discard {
  readonly session: string;
  /** Null for all of the session. */
  readonly message: string | null;
  /** Of what was begun later nothing is meant. */
  readonly until: number;
}

export function discardOf(event: LoggedEvent): Discard | null {
  const { session } = event;
  if (session === null) return null;
  const removed = dataOf(event, 'message.removed');
  if (removed !== null) return isName(removed.message) ? { session, message: removed.message, until: ALWAYS } : null;
  return event.type === 'session.deleted' ? { session, message: null, until: event.at } : null;
}

/** A message is removed whenever it was begun. */
const ALWAYS = Number.MAX_SAFE_INTEGER;

/** A log may be older than the type: what came under its name then was kept unparsed, and must not mean the whole session. */
function isName(message: unknown): message is string {
  return typeof message === 'string' && message !== '';
}

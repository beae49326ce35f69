// Which messages' work was thrown away: paid for all the same, and shown as discarded spend. What was removed stays removed, so
// that the set only grows and any arrival order ends in the same one.
import { dataOf, type LoggedEvent } from '../event/event.ts';

export interface Discard {
  readonly session: string;
  /** Null for all of the session. */
  readonly message: string | null;
}

export function discardOf(event: LoggedEvent): Discard | null {
  const { session } = event;
  if (session === null) return null;
  const removed = dataOf(event, 'message.removed');
  if (removed !== null) return { session, message: removed.message };
  return event.type === 'session.deleted' ? { session, message: null } : null;
}

// How long a session worked before it fell idle, so that whoever waits for long work need not hear of every short turn. It is known
// when the idle comes in, from what was said before it, and stands in the event from then on.
import { dataOf, type LoggedEvent } from '../event/event.ts';
import type { Database } from './database.ts';

/** Somebody was asked, or it is over: what was done before is past. */
const BREAKS: ReadonlySet<string> = new Set([
  'permission.asked',
  'question.asked',
  'session.error',
  'session.created',
  'session.deleted',
]);

/** The same list where there is nothing to add. */
export function timeWork(db: Database, events: readonly LoggedEvent[]): readonly LoggedEvent[] {
  const idle = new Set(events.flatMap(({ type, session }) => (type === 'session.idle' ? (session ?? []) : [])));
  if (idle.size === 0) return events;
  const since = workingSince(db, idle);
  let isTimed = false;
  const timed = events.map((event) => {
    const { session, at } = event;
    if (session === null || !idle.has(session)) return event;
    const begun = since.get(session);
    if (goesOn(event) && begun === undefined) since.set(session, at);
    else if (BREAKS.has(event.type)) since.delete(session);
    if (event.type !== 'session.idle') return event;
    since.delete(session);
    // What came late or out of order tells nothing.
    if (begun === undefined || begun > at) return event;
    isTimed = true;
    return { ...event, data: { ...event.data, worked_s: Math.floor((at - begun) / 1_000) } };
  });
  return isTimed ? timed : events;
}

function goesOn(event: LoggedEvent): boolean {
  return dataOf(event, 'session.status')?.status === 'busy' || event.type === 'permission.replied';
}

function workingSince({ sql }: Database, sessions: ReadonlySet<string>): Map<string, number> {
  const rows = sql.exec<{ id: string; at: number }>(
    /* sql */ `SELECT session.id, CAST(substr(status_stamp, 1, 16) AS INTEGER) AS at
                 FROM json_each(?) AS wanted
                 JOIN session ON session.id = wanted.value
                WHERE status = 'busy'`,
    JSON.stringify([...sessions]),
  );
  return new Map(rows.toArray().map(({ id, at }) => [id, at]));
}

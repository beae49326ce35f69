// What a backfill says again is left out of the log: each run reads a machine's whole history under a source of its own, and
// nobody wants to hear, or be delivered, the same a second time.
import { dataOf, type LoggedEvent } from '../event/event.ts';
import { supersedes, type Entry } from '../ledger/entry.ts';
import { parseUsd } from '../ledger/money.ts';
import { stampOf, type Stamp } from '../event/stamp.ts';
import type { AssistantMessage, Source } from '../../plugin/contract.ts';
import type { Database } from './database.ts';
import { entryKey, readEntries } from './ledger.ts';

/** The events that say something that is not held yet: a session's first description, a message unheard or heard otherwise. */
export function newsOf(db: Database, source: Source, events: readonly LoggedEvent[]): LoggedEvent[] {
  const keys = events.flatMap((event) => {
    const report = dataOf(event, 'message.updated');
    return report === null || event.session === null ? [] : [{ session: event.session, message: report.message }];
  });
  const held = new Map(readEntries(db, keys).map((entry) => [entryKey(entry), entry]));
  const described = sessionsDescribed(db, events);
  return events.filter((event) => {
    if (event.session === null) return true;
    if (event.type === 'session.created') return !described.has(event.session);
    const report = dataOf(event, 'message.updated');
    const entry = report && held.get(entryKey({ session: event.session, message: report.message }));
    return !report || !entry || !isKnown(entry, report, stampOf(event, source));
  });
}

/** What is held stands unless this would take its place: see `supersedes`. */
function isKnown(held: Entry, report: AssistantMessage, stamp: Stamp): boolean {
  const reported = parseUsd(report.cost_usd);
  const state = report.copied ? 'copied' : 'kept';
  const finished = report.completed_at !== null;
  return (
    reported === null || !supersedes({ state, live: false, finished, reported, tokens: report.tokens, stamp }, held)
  );
}

function sessionsDescribed({ sql }: Database, events: readonly LoggedEvent[]): Set<string> {
  const asked = events.flatMap(({ type, session }) =>
    type === 'session.created' && session !== null ? [session] : [],
  );
  const rows = sql.exec<{ id: string }>(
    /* sql */ `SELECT session.id
                 FROM json_each(?) AS wanted
                 JOIN session ON session.id = wanted.value
                WHERE info_stamp IS NOT NULL`,
    JSON.stringify(asked),
  );
  return new Set(rows.toArray().map(({ id }) => id));
}

// What the relay itself has to say goes into the log like any other event, so that endpoints, pages and replays know one kind.
import type { Source } from '../../plugin/contract.ts';
import { RELAY, RELAY_ID } from '../event/own.ts';
import type { Database } from './database.ts';
import { fold } from './fold.ts';
import { append } from './log.ts';
import { originId, recordSource } from './sources.ts';

export interface OwnEvent {
  readonly type: string;
  readonly data: object;
  /**
   * Of what is said about a session: which, and whose it is. Whoever filters by member or project finds it like the session's own.
   * Without a session, of whom it is alone.
   */
  readonly about?: { readonly session: string | null; readonly source: Source };
}

/** To be called in a transaction with whatever makes the events due, so that each is said once. */
export function emit(db: Database, now: number, given: readonly OwnEvent[]): void {
  // A row of the log is of one source.
  for (const [source, events] of Map.groupBy(given, ({ about }) => about?.source ?? RELAY)) {
    emitAs(db, now, { ...source, id: RELAY_ID }, events);
  }
}

function emitAs(db: Database, now: number, source: Source, given: readonly OwnEvent[]): void {
  const [held] = db.sql.exec<{ high: number }>(/* sql */ `SELECT high FROM source WHERE id = ?`, RELAY_ID);
  const before = held?.high ?? 0;
  const origin = originId(db, source);
  const events = given.map(({ type, data, about }, index) => {
    const n = before + index + 1;
    return { n, id: `relay_${n}`, type, at: now, session: about?.session ?? null, data };
  });
  const first = append(db, { received: now, origin, events, text: JSON.stringify(events) });
  fold(db, { source, received: now, first, events });
  const counts = { events: events.length, duplicates: 0, rejected: 0, backlog: 0, skewMs: 0 };
  recordSource(db, { id: RELAY_ID, origin, now, high: before + events.length, ...counts });
}

// Accepting a batch: in one transaction what is new of it goes into the log and into every fold of the log. A batch that comes
// again, whole or in part, changes nothing but the count of duplicates.
import { cover } from '../event/coverage.ts';
import { dataOf, type LoggedEvent, type PackedBatch } from '../event/event.ts';
import { mergeSessions, sessionOf } from '../event/session.ts';
import { stampOf } from '../event/stamp.ts';
import { dimensionOf } from '../ledger/dimension.ts';
import { entryOf, supersedes, type Entry } from '../ledger/entry.ts';
import { add, bucketOf, noSums, sumsOf } from '../ledger/rollup.ts';
import type { Source } from '../../plugin/contract.ts';
import type { Database } from './database.ts';
import { addToRollups, dimensionId, entryKey, readEntries, writeEntries, type RollupChange } from './ledger.ts';
import { append } from './log.ts';
import { mergeIntoSessions, type SessionChange } from './sessions.ts';
import { originId, readCoverage, recordSource, writeGaps } from './sources.ts';

export interface Accepted {
  readonly accepted: number;
  readonly duplicates: number;
}

export function accept(db: Database, batch: PackedBatch, rejected: number, now: number): Accepted {
  return db.transaction(() => {
    const { source } = batch;
    const given = JSON.parse(batch.events) as readonly LoggedEvent[];
    const seqs = given.map((event) => event.n);
    const held = readCoverage(db, source.id, seqs);
    const { fresh, coverage } = cover(held, seqs);
    const events = given.filter((event) => fresh.delete(event.n));
    const origin = originId(db, source);
    if (events.length > 0) {
      const text = events.length === given.length ? batch.events : JSON.stringify(events);
      append(db, { received: now, origin, events, text });
      writeGaps(db, source.id, held.gaps, coverage.gaps);
      fold(db, source, events);
    }
    const duplicates = given.length - events.length;
    const counts = { high: coverage.high, events: events.length, duplicates, rejected, backlog: batch.backlog };
    recordSource(db, { id: source.id, origin, now, skewMs: now - batch.sentAt, ...counts });
    return { accepted: events.length, duplicates };
  });
}

/** Applies events of one source to the ledger, the rollups and the sessions. */
function fold(db: Database, source: Source, events: readonly LoggedEvent[]): void {
  const sessions = new Map<string, SessionChange>();
  for (const event of events) {
    const session = sessionOf(event, source);
    if (session === null) continue;
    const said = sessions.get(session.id);
    sessions.set(session.id, {
      session: said === undefined ? session : mergeSessions(said.session, session),
      sums: said?.sums ?? noSums(),
    });
  }
  const rollups = charge(db, source, events, sessions);
  addToRollups(db, rollups);
  mergeIntoSessions(db, [...sessions.values()]);
}

/** Writes the entries that the events ask for and returns, per bucket and dimension, by how much the sums change. */
function charge(
  db: Database,
  source: Source,
  events: readonly LoggedEvent[],
  sessions: ReadonlyMap<string, SessionChange>,
): RollupChange[] {
  const asked = events.flatMap((event) => entryFor(db, source, event) ?? []);
  if (asked.length === 0) return [];
  const held = readEntries(db, asked);
  const written = new Map<string, Entry>();
  const rollups = new Map<string, RollupChange>();
  function count(entry: Entry, sign: 1 | -1): void {
    const bucket = bucketOf(entry.at);
    const key = `${bucket}:${entry.dimension}`;
    const change = rollups.get(key) ?? { bucket, dimension: entry.dimension, sums: noSums() };
    rollups.set(key, change);
    const sums = sumsOf(entry);
    add(change.sums, sums, sign);
    const session = sessions.get(entry.session);
    if (session !== undefined) add(session.sums, sums, sign);
  }
  for (const entry of asked) {
    const key = entryKey(entry);
    const before = written.get(key) ?? held.get(key);
    if (before !== undefined && !supersedes(entry, before)) continue;
    if (before !== undefined) count(before, -1);
    count(entry, 1);
    written.set(key, entry);
  }
  writeEntries(db, [...written.values()]);
  return [...rollups.values()];
}

function entryFor(db: Database, source: Source, event: LoggedEvent): Entry | null {
  const report = dataOf(event, 'message.updated');
  if (report === null || event.session === null) return null;
  return entryOf(report, {
    session: event.session,
    dimension: dimensionId(db, dimensionOf(source, report)),
    stamp: stampOf(event, source.id),
  });
}

// Accepting a batch: in one transaction what is new of it goes into the log and into every fold of the log. A batch that comes
// again, whole or in part, changes nothing but the count of duplicates.
import { cover } from '../event/coverage.ts';
import type { LoggedEvent, PackedBatch } from '../event/event.ts';
import type { Database } from './database.ts';
import { fold, type Folded } from './fold.ts';
import { newsOf } from './known.ts';
import { append } from './log.ts';
import { timeWork } from './worked.ts';
import { originId, readCoverage, recordSource, writeGaps } from './sources.ts';

export interface Accepted {
  readonly accepted: number;
  readonly duplicates: number;
}

export type Arrived = Accepted & Folded;

export function accept(db: Database, batch: PackedBatch, rejected: number, now: number): Arrived {
  return db.transaction(() => {
    const { source } = batch;
    const given = JSON.parse(batch.events) as readonly LoggedEvent[];
    const seqs = given.map((event) => event.n);
    const held = readCoverage(db, source.id, seqs);
    const { fresh, coverage } = cover(held, seqs);
    const unheard = given.filter((event) => fresh.delete(event.n));
    const events = source.backfill === true ? newsOf(db, source, unheard) : timeWork(db, unheard);
    const origin = originId(db, source);
    writeGaps(db, source.id, held.gaps, coverage.gaps);
    let folded: Folded = { spentSince: Number.POSITIVE_INFINITY, opened: false };
    if (events.length > 0) {
      const isWhole = events === unheard && events.length === given.length;
      const text = isWhole ? batch.events : JSON.stringify(events);
      const first = append(db, { received: now, origin, events, text });
      folded = fold(db, { source, received: now, first, events });
    }
    const duplicates = given.length - events.length;
    const counts = { high: coverage.high, events: events.length, duplicates, rejected, backlog: batch.backlog };
    recordSource(db, { id: source.id, origin, now, skewMs: now - batch.sentAt, ...counts });
    return { accepted: events.length, duplicates, ...folded };
  });
}

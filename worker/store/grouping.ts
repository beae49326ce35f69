// The durable side of grouping. What was held back and whose interval is over goes to the events that are due, like a retry that
// has not been tried yet: all that holds of those holds of it. Endpoints without `group_s` have no row here.
import { begun, divide, regroup, topicOf, type Division, type Group, type Groups } from '../delivery/grouping.ts';
import type { PublicEvent } from '../event/event.ts';
import type { Database } from './database.ts';
import type { Endpoint } from './endpoints.ts';
import type { Page } from './log.ts';

/** So many intervals end in one look; the rest is due and follows. */
const MAX_RELEASED = 50;

type Row = { topic: string; until: number; seq: number | null; folded: number };

type Grouped = Pick<Endpoint, 'id' | 'settings'>;

/** Of a page of the log what is to be sent now, at most so many, what is held back, and how far the page was come. */
export function groupPage(
  db: Database,
  { id, settings }: Grouped,
  page: Page,
  limits: { readonly now: number; readonly most: number },
): Division<PublicEvent> & Pick<Page, 'upTo'> {
  if (settings.group_s === undefined) return { leading: page.events, held: [], upTo: page.upTo };
  const { rest, ...division } = divide(page.events, readGroups(db, id, page.events), limits);
  return { ...division, upTo: rest === null ? page.upTo : rest.seq - 1 };
}

/** Writes down what has begun an interval and what is held back: to be called with the cursor that passes it. */
export function hold(db: Database, { id, settings }: Grouped, division: Division<PublicEvent>, now: number): void {
  const { group_s } = settings;
  if (group_s === undefined && division.held.length === 0) return;
  const groups = readGroups(db, id, [...division.leading, ...division.held]);
  writeGroups(db, id, regroup(groups, division, { now, forMs: (group_s ?? 0) * 1_000 }), now);
  // The setting was taken back while what leads was under way.
  if (group_s === undefined) endGroups(db, id, now);
}

function readGroups({ sql }: Database, id: string, events: readonly PublicEvent[]): Groups {
  const rows = sql.exec<Row>(
    /* sql */ `SELECT topic, until, seq, folded
                 FROM grouping
                WHERE endpoint = ?
                  AND topic IN (SELECT value FROM json_each(?))`,
    id,
    JSON.stringify(events.map(topicOf)),
  );
  return new Map(rows.toArray().map(({ topic, ...group }) => [topic, group]));
}

/** Intervals that ended with nothing held back are forgotten with it. */
function writeGroups({ sql }: Database, id: string, groups: Groups, now: number): void {
  const rows = [...groups].map(([topic, { until, seq, folded }]: [string, Group]) => [topic, until, seq, folded]);
  sql.exec(
    /* sql */ `INSERT OR REPLACE INTO grouping (endpoint, topic, until, seq, folded)
               SELECT ?1, value->>0, value->>1, value->>2, value->>3
                 FROM json_each(?2)`,
    id,
    JSON.stringify(rows),
  );
  sql.exec(/* sql */ `DELETE FROM grouping WHERE endpoint = ? AND seq IS NULL AND until <= ?`, id, now);
}

/** Where an interval is over what was held back in it is due, and the next begins. */
export function releaseGroups(db: Database, { id, settings }: Grouped, now: number): void {
  const rows = db.sql
    .exec<{ topic: string }>(
      /* sql */ `SELECT topic
                   FROM grouping
                  WHERE endpoint = ?
                    AND seq IS NOT NULL
                    AND until <= ?
                  ORDER BY until
                  LIMIT ?`,
      id,
      now,
      MAX_RELEASED,
    )
    .toArray();
  if (rows.length === 0) return;
  const topics = rows.map(({ topic }) => topic);
  const next = begun({ now, forMs: (settings.group_s ?? 0) * 1_000 });
  db.transaction(() => {
    makeDue(db, id, now, topics);
    writeGroups(db, id, new Map(topics.map((topic) => [topic, next])), now);
  });
}

/** All intervals of an endpoint are over: its setting has changed. */
export function endGroups(db: Database, id: string, now: number): void {
  db.transaction(() => {
    makeDue(db, id, now, null);
    db.sql.exec(/* sql */ `DELETE FROM grouping WHERE endpoint = ?`, id);
  });
}

function makeDue({ sql }: Database, id: string, now: number, topics: readonly string[] | null): void {
  sql.exec(
    /* sql */ `INSERT INTO retry (endpoint, seq, tries, due, folded)
               SELECT endpoint, seq, 0, ?2, folded
                 FROM grouping
                WHERE endpoint = ?1
                  AND seq IS NOT NULL
                  AND (?3 IS NULL OR topic IN (SELECT value FROM json_each(?3)))
                   ON CONFLICT (endpoint, seq) DO UPDATE SET folded = excluded.folded`,
    id,
    now,
    topics && JSON.stringify(topics),
  );
}

/** What lies behind a cursor that was moved back comes by the cursor again: only what lies before it is still held. */
export function forgetGroups({ sql }: Database, id: string, after: number): void {
  sql.exec(/* sql */ `DELETE FROM grouping WHERE endpoint = ? AND (seq IS NULL OR seq > ?)`, id, after);
}

/** How many messages wait for the end of an interval. */
export function heldOf({ sql }: Database, id: string): number {
  return sql
    .exec<{ n: number }>(/* sql */ `SELECT count(*) AS n FROM grouping WHERE endpoint = ? AND seq IS NOT NULL`, id)
    .one().n;
}

export function isHeld({ sql }: Database, id: string, seq: number): boolean {
  return sql.exec(/* sql */ `SELECT 1 FROM grouping WHERE endpoint = ? AND seq = ?`, id, seq).toArray().length > 0;
}

// Where each source stands: who it is, how far it has come, what is missing on the way.
import type { Source } from '../../plugin/contract.ts';
import type { Coverage, Range } from '../event/coverage.ts';
import { RELAY_ID } from '../event/own.ts';
import type { Database } from './database.ts';

/** The number under which a source's attributes are stored, stored now where they are new. */
export function originId({ sql, intern }: Database, source: Source): number {
  const attributes = JSON.stringify(source);
  return intern(`origin:${attributes}`, () => {
    sql.exec(/* sql */ `INSERT INTO origin (attributes) VALUES (?) ON CONFLICT DO NOTHING`, attributes);
    return sql.exec<{ id: number }>(/* sql */ `SELECT id FROM origin WHERE attributes = ?`, attributes).one().id;
  });
}

/** How far a source has come, with those of its gaps that the numbers of a batch may fall into. */
export function readCoverage({ sql }: Database, source: string, seqs: readonly number[]): Coverage {
  const [row] = sql.exec<{ high: number }>(/* sql */ `SELECT high FROM source WHERE id = ?`, source);
  if (row === undefined) return { high: 0, gaps: [] };
  const [least, most] = seqs.reduce(([a, b], seq) => [Math.min(a, seq), Math.max(b, seq)], [row.high + 1, 0]);
  if (least > row.high) return { high: row.high, gaps: [] };
  const gaps = sql.exec<{ first: number; last: number }>(
    /* sql */ `SELECT first, last FROM gap WHERE source = ? AND first <= ? AND last >= ? ORDER BY first`,
    source,
    most,
    least,
  );
  return { high: row.high, gaps: gaps.toArray().map(({ first, last }) => ({ first, last })) };
}

/** Writes the gaps that are new or changed and deletes those that are filled: in the usual case none of either. */
export function writeGaps({ sql }: Database, source: string, before: readonly Range[], after: readonly Range[]): void {
  const kept = new Set(after);
  for (const gap of before) {
    if (!kept.has(gap)) sql.exec(/* sql */ `DELETE FROM gap WHERE source = ? AND first = ?`, source, gap.first);
  }
  const held = new Set(before);
  for (const gap of after) {
    if (!held.has(gap)) sql.exec(/* sql */ `INSERT INTO gap VALUES (?, ?, ?)`, source, gap.first, gap.last);
  }
}

export interface SourceNews {
  readonly id: string;
  readonly origin: number;
  readonly now: number;
  readonly high: number;
  readonly events: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly backlog: number;
  readonly skewMs: number;
}

export function recordSource({ sql }: Database, news: SourceNews): void {
  sql.exec(
    /* sql */ `INSERT INTO source (id, origin, first_seen, last_seen, high, events, duplicates, rejected, backlog, skew_ms)
               VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
               ON CONFLICT (id) DO UPDATE
                  SET origin = ?2,
                      last_seen = ?3,
                      high = ?4,
                      events = events + ?5,
                      duplicates = duplicates + ?6,
                      rejected = rejected + ?7,
                      backlog = ?8,
                      skew_ms = ?9`,
    news.id,
    news.origin,
    news.now,
    news.high,
    news.events,
    news.duplicates,
    news.rejected,
    news.backlog,
    news.skewMs,
  );
}

export interface SourceRow {
  readonly source: Source;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly high: number;
  readonly events: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly backlog: number;
  readonly skewMs: number;
  /** How many events the gaps are wide in all, and the first of them. */
  readonly missing: number;
  readonly gaps: readonly Range[];
}

/** Whoever reads a list of sources wants to see that something is missing; thousands of holes say no more than a hundred. */
const MAX_GAPS_SHOWN = 100;

export function listSources(db: Database, limit: number): SourceRow[] {
  const rows = db.sql.exec<{
    attributes: string;
    first_seen: number;
    last_seen: number;
    high: number;
    events: number;
    duplicates: number;
    rejected: number;
    backlog: number;
    skew_ms: number;
    missing: number;
  }>(
    /* sql */ `SELECT origin.attributes, source.*,
                      (SELECT coalesce(sum(last - first + 1), 0) FROM gap WHERE gap.source = source.id) AS missing
                 FROM (SELECT * FROM source WHERE id <> ? ORDER BY last_seen DESC LIMIT ?) AS source
                 JOIN origin ON origin.id = source.origin
                ORDER BY source.last_seen DESC`,
    RELAY_ID,
    limit,
  );
  return rows.toArray().map((row) => {
    const source = JSON.parse(row.attributes) as Source;
    const { high, events, duplicates, rejected, backlog, missing } = row;
    const times = { firstSeen: row.first_seen, lastSeen: row.last_seen, skewMs: row.skew_ms };
    return {
      source,
      ...times,
      high,
      events,
      duplicates,
      rejected,
      backlog,
      missing,
      gaps: firstGaps(db, source.id),
    };
  });
}

function firstGaps({ sql }: Database, source: string): Range[] {
  const rows = sql.exec<{ first: number; last: number }>(
    /* sql */ `SELECT first, last FROM gap WHERE source = ? ORDER BY first LIMIT ?`,
    source,
    MAX_GAPS_SHOWN,
  );
  return rows.toArray().map(({ first, last }) => ({ first, last }));
}

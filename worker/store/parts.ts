// Which parts of the log are in the archive, and which of its rows are next to go there.
import type { Database } from './database.ts';

/** Positions first … last, received from … to. */
export interface Part {
  readonly first: number;
  readonly last: number;
  readonly received: { readonly from: number; readonly to: number };
  /** Null while it is planned: its rows are all in the log. */
  readonly stored: Stored | null;
}

export interface Stored {
  readonly bytes: number;
  readonly sha256: string;
  readonly at: number;
}

type Row = {
  first: number;
  last: number;
  received_from: number;
  received_to: number;
  bytes: number | null;
  sha256: string | null;
  written: number | null;
};

/** All up to here is in the archive or on its way there: no cursor may stand before it. */
export function floor({ sql }: Database): number {
  return sql.exec<{ floor: number | null }>(/* sql */ `SELECT max(last) AS floor FROM part`).one().floor ?? 0;
}

/** The position before the oldest event in the log. */
export function beginning({ sql }: Database): number {
  const [row] = sql.exec<{ first: number }>(/* sql */ `SELECT first FROM log ORDER BY last LIMIT 1`);
  return row === undefined ? 0 : row.first - 1;
}

/** The stored part that has the event after a position; null where the log itself goes on from there. */
export function partAfter(db: Database, position: number): Part | null {
  if (position >= beginning(db)) return null;
  const [row] = db.sql.exec<Row>(/* sql */ `SELECT * FROM part WHERE last > ? ORDER BY first LIMIT 1`, position);
  return row === undefined ? null : parsePart(row);
}

export function listParts({ sql }: Database, after: number, limit: number): Part[] {
  return sql
    .exec<Row>(
      /* sql */ `SELECT *
                   FROM part
                  WHERE first > ?
                    AND written IS NOT NULL
                  ORDER BY first
                  LIMIT ?`,
      after,
      limit,
    )
    .toArray()
    .map(parsePart);
}

export function sumParts({ sql }: Database): { parts: number; bytes: number } {
  return sql
    .exec<{ parts: number; bytes: number }>(
      /* sql */ `SELECT count(*) AS parts, coalesce(sum(bytes), 0) AS bytes FROM part WHERE written IS NOT NULL`,
    )
    .one();
}

/** The newest part, if it is not stored yet or rows of it are still in the log. */
export function unfinishedPart(db: Database): Part | null {
  const [row] = db.sql.exec<Row>(/* sql */ `SELECT * FROM part ORDER BY first DESC LIMIT 1`);
  if (row === undefined) return null;
  return row.written === null || row.last > beginning(db) ? parsePart(row) : null;
}

/** Small enough that a reader of one event of it is not kept waiting and that the object has room for it. */
const MAX_EVENTS = 5_000;
const MAX_TEXT = 4_000_000;

export type Planned = Omit<Part, 'stored'>;

/**
 * The rows at the log's beginning that were received before a time, up to a position and as far as one part goes. The newest
 * row of the log never is among them: the team's next position is read from it.
 */
export function oldestRows({ sql }: Database, before: number, upTo: number): Planned | null {
  const rows = sql.exec<{ first: number; last: number; received: number; size: number }>(
    /* sql */ `SELECT first, last, received, length(events) AS size
                 FROM log
                WHERE last <= ?
                  AND last < (SELECT max(last) FROM log)
                ORDER BY last`,
    upTo,
  );
  let part: Planned | null = null;
  let text = 0;
  for (const { first, last, received, size } of rows) {
    text += size;
    if (received >= before) break;
    const start: Planned = part ?? { first, last, received: { from: received, to: received } };
    if (part !== null && (last - start.first >= MAX_EVENTS || text > MAX_TEXT)) break;
    part = { first: start.first, last, received: { from: start.received.from, to: received } };
  }
  return part;
}

export function writePlan({ sql }: Database, { first, last, received }: Planned): void {
  sql.exec(
    /* sql */ `INSERT INTO part (first, last, received_from, received_to) VALUES (?, ?, ?, ?)`,
    first,
    last,
    received.from,
    received.to,
  );
}

export function markStored({ sql }: Database, first: number, { bytes, sha256, at }: Stored): void {
  sql.exec(/* sql */ `UPDATE part SET bytes = ?, sha256 = ?, written = ? WHERE first = ?`, bytes, sha256, at, first);
}

/** Takes rows up to a position out of the log, a few at a time. To be called for what is stored alone. */
export function dropRows({ sql }: Database, upTo: number, most: number): void {
  sql.exec(
    /* sql */ `DELETE FROM log
                WHERE last IN (SELECT last FROM log WHERE last <= ? ORDER BY last LIMIT ?)`,
    upTo,
    most,
  );
}

function parsePart({ first, last, bytes, sha256, written, ...row }: Row): Part {
  const isStored = bytes !== null && sha256 !== null && written !== null;
  return {
    first,
    last,
    received: { from: row.received_from, to: row.received_to },
    stored: isStored ? { bytes, sha256, at: written } : null,
  };
}

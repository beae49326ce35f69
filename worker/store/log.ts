// The team's log: append, and read on from a position.
import type { Source } from '../../plugin/contract.ts';
import { wants } from '../delivery/filter.ts';
import { publish, type LoggedEvent, type PublicEvent } from '../event/event.ts';
import type { Database } from './database.ts';
import { partAfter, type Part } from './parts.ts';

export interface Chunk {
  readonly first: number;
  readonly received: number;
  readonly source: Source;
  readonly events: readonly LoggedEvent[];
  /** Of its events as JSON. */
  readonly characters: number;
}

/** The position of the newest event; 0 for an empty log. */
export function head({ sql }: Database): number {
  return sql.exec<{ head: number | null }>(/* sql */ `SELECT max(last) AS head FROM log`).one().head ?? 0;
}

export interface Appended {
  readonly received: number;
  readonly origin: number;
  readonly events: readonly LoggedEvent[];
  /** The events as JSON. */
  readonly text: string;
}

/** A row holds two megabytes and a character is up to three bytes. Numbers may be longer than they were in the body. */
const MAX_TEXT = 600_000;

/**
 * Appends one batch: as one row, as rows written are what is paid for, unless it is too large for one. Answers with the position
 * of its first event.
 */
export function append(db: Database, batch: Appended): number {
  const { received, origin, events, text } = batch;
  if (text.length > MAX_TEXT && events.length > 1) {
    const middle = Math.ceil(events.length / 2);
    const [first = 0] = [events.slice(0, middle), events.slice(middle)].map((half) =>
      append(db, { received, origin, events: half, text: JSON.stringify(half) }),
    );
    return first;
  }
  const last = head(db);
  db.sql.exec(
    /* sql */ `INSERT INTO log (last, first, received, origin, events) VALUES (?, ?, ?, ?, ?)`,
    last + events.length,
    last + 1,
    received,
    origin,
    text,
  );
  return last + 1;
}

/** The batches that hold events after a position, in order, read as they are asked for. */
export function* chunksAfter({ sql }: Database, after: number): Generator<Chunk> {
  const rows = sql.exec<ChunkRow>(
    /* sql */ `SELECT log.first, log.received, origin.attributes, log.events
                 FROM log
                 JOIN origin ON origin.id = log.origin
                WHERE log.last > ?
                ORDER BY log.last`,
    after,
  );
  for (const row of rows) yield parseChunk(row);
}

/** The newest events, the newest first: no more of the log is read than they are in. */
export function* newestEvents({ sql }: Database, team: string, most: number): Generator<PublicEvent> {
  const rows = sql.exec<ChunkRow>(/* sql */ `SELECT log.first, log.received, origin.attributes, log.events
                 FROM log
                 JOIN origin ON origin.id = log.origin
                ORDER BY log.last DESC`);
  let left = most;
  for (const row of rows) {
    const { first, received, source, events } = parseChunk(row);
    for (const [index, event] of [...events.entries()].toReversed()) {
      if (left === 0) return;
      left -= 1;
      yield publish(event, { team, seq: first + index, received, source });
    }
  }
}

type ChunkRow = { first: number; received: number; attributes: string; events: string };

function parseChunk({ first, received, attributes, events }: ChunkRow): Chunk {
  return {
    first,
    received,
    source: JSON.parse(attributes) as Source,
    events: JSON.parse(events) as LoggedEvent[],
    characters: events.length,
  };
}

export interface Query {
  readonly after: number;
  readonly limit: number;
  readonly matches: (event: Pick<LoggedEvent, 'type' | 'session' | 'data'>, source: Source) => boolean;
}

/** Where to begin: after a position, or with what was received at a time. */
export type Start = { readonly position: number } | { readonly time: number };

/** Null stands for all. */
export interface EventFilter {
  readonly types: readonly string[] | null;
  readonly session: string | null;
  readonly member: string | null;
  readonly project: string | null;
}

/** What `GET /v1/events` can be asked for. */
export interface EventQuery extends EventFilter {
  readonly start: Start;
  readonly limit: number;
}

export function matcher({ types, session, member, project }: EventFilter): Query['matches'] {
  return (event, source) =>
    (types === null || wants(types, event.type)) &&
    (session === null || event.session === session) &&
    (member === null || source.member === member) &&
    (project === null || source.project?.id === project || source.project?.name === project);
}

export interface Page {
  readonly events: readonly PublicEvent[];
  /** All up to here has been looked at: where the next page goes on. */
  readonly upTo: number;
}

/** One look at the log reads no more than this, so that a filter that matches nothing cannot hold the team's object. */
export const MAX_SCANNED = 20_000;
/** A page ends early with so much in it: it has to pass from the team's object to the Worker, which takes 32 MB at a time. */
const MAX_CHARACTERS = 4_000_000;

export function readLog(db: Database, team: string, { after, limit, matches }: Query): Page {
  const events: PublicEvent[] = [];
  let [upTo, read] = [after, 0];
  for (const { first, received, source, events: logged, characters } of chunksAfter(db, after)) {
    for (const [index, event] of logged.entries()) {
      const seq = first + index;
      if (seq <= after) continue;
      const isFull = events.length >= limit || read >= MAX_CHARACTERS;
      if (isFull || seq - after > MAX_SCANNED) return { events, upTo };
      if (matches(event, source)) {
        events.push(publish(event, { team, seq, received, source }));
        // Its share of the batch: to weigh each event would be to write it once more.
        read += characters / logged.length;
      }
      upTo = seq;
    }
  }
  return { events, upTo };
}

export type PageOfLog = Page & { readonly where: 'log'; readonly head: number };
/** A page of the log, or the part of the archive that has what was asked for, which is read elsewhere. */
export type LogPage =
  | PageOfLog
  | { readonly where: 'archive'; readonly part: Part; readonly after: number; readonly head: number };

export function readPage(db: Database, team: string, query: Query): LogPage {
  const part = partAfter(db, query.after);
  if (part !== null) return { where: 'archive', part, after: query.after, head: head(db) };
  return { where: 'log', ...readLog(db, team, query), head: head(db) };
}

/** Single events by position, for retries and replays; a batch that holds several is read once. What has left the log is left out. */
export function readEvents(db: Database, team: string, seqs: readonly number[]): PublicEvent[] {
  const asked = new Set(seqs);
  const found = new Map<number, PublicEvent>();
  for (let left = seqs.toSorted((a, b) => a - b); left.length > 0;) {
    const chunk = chunkAfter(db, (left[0] ?? 0) - 1);
    if (chunk === null) break;
    const { first, received, source, events } = chunk;
    for (const [index, event] of events.entries()) {
      const seq = first + index;
      if (asked.has(seq)) found.set(seq, publish(event, { team, seq, received, source }));
    }
    left = left.filter((seq) => seq >= first + events.length);
  }
  return seqs.flatMap((seq) => found.get(seq) ?? []);
}

function chunkAfter(db: Database, after: number): Chunk | null {
  for (const chunk of chunksAfter(db, after)) return chunk;
  return null;
}

/** The position to begin after. */
export function positionOf(db: Database, start: Start): number {
  return 'time' in start ? positionBefore(db, start.time) : start.position;
}

/** The position before the first batch received at `since` or later, in the archive or in the log. */
export function positionBefore(db: Database, since: number): number {
  const [part] = db.sql.exec<{ first: number }>(
    /* sql */ `SELECT first FROM part WHERE received_to >= ? ORDER BY first LIMIT 1`,
    since,
  );
  if (part !== undefined) return part.first - 1;
  // Batches lie in the order of their arrival, so the first is found by halving.
  let [before, upTo] = [floorOf(db), head(db)];
  while (before < upTo) {
    const middle = Math.floor((before + upTo) / 2);
    const { first, last, received } = batchAt(db, middle + 1);
    if (received < since) before = last;
    else upTo = first - 1;
  }
  return before;
}

function batchAt({ sql }: Database, seq: number): { first: number; last: number; received: number } {
  return sql
    .exec<{ first: number; last: number; received: number }>(
      /* sql */ `SELECT first, last, received FROM log WHERE last >= ? ORDER BY last LIMIT 1`,
      seq,
    )
    .one();
}

function floorOf({ sql }: Database): number {
  const [row] = sql.exec<{ first: number }>(/* sql */ `SELECT first FROM log ORDER BY last LIMIT 1`);
  return row === undefined ? 0 : row.first - 1;
}

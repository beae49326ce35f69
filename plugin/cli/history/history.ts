// A machine's whole history, a page at a time in a fixed order, from any place in it: first the old files, then the database,
// then the table of OpenCode's next version. A message that is in two of them is read once; the database's word is taken.

import type { Place } from './place.ts';
import { readRow, type Reading, type Row, type Session, type Shelf } from './record.ts';
import { openLegacy, type Legacy } from './legacy.ts';
import { openReader } from './sqlite.ts';
import { openTables, type Key, type Table, type Tables } from './tables.ts';
import { done, type Outcome } from '../command.ts';

export interface Cursor extends Key {
  readonly shelf: Shelf;
}

export interface Page {
  readonly records: readonly Reading[];
  /** Everything up to here has been read. */
  readonly cursor: Cursor;
  /** Rows of the page, questions among them. */
  readonly rows: number;
}

export interface History {
  /** How many rows there are; without those that have no id, which are told apart. */
  readonly total: number;
  readonly nameless: number;
  readonly pages: (from: Cursor | null, now: number) => Iterable<Page>;
  readonly session: (id: string) => Session | null;
  readonly sessionCosts: ReadonlyMap<string, number>;
  readonly close: () => void;
}

const SHELVES: readonly Shelf[] = ['legacy', 'message', 'session_message'];
const TABLES: readonly Table[] = ['message', 'session_message'];
const PAGE_ROWS = 1_000;
/** Each look for keys goes through the whole table, as no index has the time first. */
const KEYS = 50_000;

export async function openHistory(place: Place, since: number): Promise<Outcome<History>> {
  const opened = place.database === null ? null : await openReader(place.database);
  if (opened !== null && opened.kind !== 'done') return opened;
  const tables = opened === null ? null : openTables(opened.value);
  const legacy = openLegacy(place.storage);
  const present = tables === null ? [] : TABLES.filter((table) => tables.has(table));
  const rowsIn = (table: Table): number => tables?.count(table, since) ?? 0;
  return done({
    total: legacy.ids.length + present.reduce((count, table) => count + rowsIn(table), 0),
    nameless: present.reduce((count, table) => count + (tables?.nameless(table) ?? 0), 0),
    pages: (from, now) => pages({ tables, legacy, present, since, now }, from),
    session: (id) => tables?.sessions([id]).get(id) ?? legacy.sessions([id]).get(id) ?? null,
    sessionCosts: tables?.sessionCosts() ?? new Map(),
    close: () => opened?.value.close(),
  });
}

interface Sources {
  readonly tables: Tables | null;
  readonly legacy: Legacy;
  readonly present: readonly Table[];
  readonly since: number;
  readonly now: number;
}

function* pages(sources: Sources, from: Cursor | null): Iterable<Page> {
  for (const shelf of SHELVES.slice(from === null ? 0 : SHELVES.indexOf(from.shelf))) {
    const after = from?.shelf === shelf ? from : { at: Number.MIN_SAFE_INTEGER, id: '' };
    if (shelf === 'legacy') yield* legacyPages(sources, after);
    else if (sources.present.includes(shelf)) yield* tablePages(sources, shelf, after);
  }
}

function* tablePages({ tables, present, since, now }: Sources, table: Table, from: Key): Iterable<Page> {
  if (tables === null) return;
  let after = from;
  for (;;) {
    const keys = tables.keysAfter(table, after, since, KEYS);
    for (let start = 0; start < keys.length; start += PAGE_ROWS) {
      const page = keys.slice(start, start + PAGE_ROWS);
      const ids = page.map(({ id }) => id);
      const twice = table === 'session_message' && present.includes('message') ? tables.known('message', ids) : NONE;
      const rows = tables.rows(
        table,
        ids.filter((id) => !twice.has(id)),
      );
      after = page.at(-1) ?? after;
      yield { records: rows.map((row) => readRow(row, now)), cursor: { shelf: table, ...after }, rows: page.length };
    }
    if (keys.length < KEYS) return;
  }
}

function* legacyPages({ tables, present, legacy, since, now }: Sources, from: Key): Iterable<Page> {
  const ids = legacy.ids.filter((id) => id > from.id);
  for (let start = 0; start < ids.length; start += PAGE_ROWS) {
    const page = ids.slice(start, start + PAGE_ROWS);
    const known = present.map((table) => tables?.known(table, page) ?? NONE);
    const rows = legacy.rows(page.filter((id) => !known.some((set) => set.has(id)))).filter(isRecent);
    const cursor = { shelf: 'legacy', at: 0, id: page.at(-1) ?? from.id } as const;
    yield { records: rows.map((row) => readRow(row, now)), cursor, rows: page.length };
  }

  function isRecent({ createdAt }: Row): boolean {
    return createdAt === null || createdAt >= since;
  }
}

const NONE: ReadonlySet<string> = new Set();

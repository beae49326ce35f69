// The ledger's entries in the order of their keys, a page at a time. They are not indexed by time: an index would cost a row
// written for each entry, and who exports reads them all anyway.
import type { Database } from './database.ts';
import type { EntryListRow } from './session-list.ts';

export type EntryPageRow = EntryListRow & { session: string } & {
  [K in 'member' | 'project' | 'project_name' | 'branch' | 'town' | 'rig' | 'role' | 'worker' | 'bead']: string | null;
};

export type EntryKey = { session: string; message: string };

export interface EntryQuery {
  readonly start: number;
  readonly end: number;
  /** Null from the beginning. */
  readonly after: EntryKey | null;
}

export interface EntryPage {
  readonly rows: readonly EntryPageRow[];
  /** Where the next page goes on; null at the end. */
  readonly next: EntryKey | null;
}

/** So many entries are looked at in a turn, in the range or not: a few milliseconds. */
const PAGE = 1_000;

export function readEntryPage({ sql }: Database, { start, end, after }: EntryQuery): EntryPage {
  const from = after ?? { session: '', message: '' };
  const [next] = sql.exec<EntryKey>(
    /* sql */ `SELECT session, message
                 FROM entry
                WHERE (session, message) > (?, ?)
                ORDER BY session, message
                LIMIT 1 OFFSET ?`,
    from.session,
    from.message,
    PAGE - 1,
  );
  const rows = sql
    .exec<EntryPageRow>(
      /* sql */ `SELECT session, message, at, finished, live, kind, provider, model, variant, agent,
                        member, project, project_name, branch, host, town, rig, role, worker, bead,
                        input, output, reasoning, cache_read, cache_write,
                        cost, reported, list, basis, state, price.name AS price
                   FROM entry
                   JOIN dimension ON dimension.id = entry.dimension
                   LEFT JOIN price ON price.id = entry.price
                  WHERE (session, message) > (?1, ?2)
                    AND (?3 IS NULL OR (session, message) <= (?3, ?4))
                    AND at >= ?5
                    AND at < ?6
                  ORDER BY session, message`,
      from.session,
      from.message,
      next?.session ?? null,
      next?.message ?? null,
      start,
      end,
    )
    .toArray();
  return { rows, next: next ?? null };
}

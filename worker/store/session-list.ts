// Sessions and their entries, to read.
import type { Database } from './database.ts';
import { positionBefore } from './log.ts';

export type SessionListRow = {
  id: string;
  parent: string | null;
  title: string | null;
  member: string;
  project: string | null;
  project_name: string | null;
  status: string | null;
  first_at: number;
  created_at: number | null;
  last_at: number;
  messages: number;
  input: number;
  output: number;
  reasoning: number;
  cache_read: number;
  cache_write: number;
  cost: string;
  inclusive: string;
  reported: string;
  list: string;
  discarded: string;
  copied: string;
  unpriced: number;
  unlisted: number;
  /** With all below. */
  inclusive_unpriced: number;
  /** Sessions below, at every depth. */
  subagents: number;
};

/** Which sessions: all, the roots, which nobody started who was ever heard of, the children of one, or one with all below it. */
export type Chosen = { readonly which: 'all' | 'roots' } | { readonly which: 'children' | 'tree'; readonly id: string };

export interface SessionQuery {
  readonly chosen: Chosen;
  readonly member: string | null;
  readonly project: string | null;
  readonly status: string | null;
  /** Last heard of at `from` or later, and before `to`. */
  readonly from: number | null;
  readonly to: number | null;
  /** By what each cost alone, or with all below it. */
  readonly sort: 'recent' | 'own' | 'inclusive';
  readonly limit: number;
  readonly offset: number;
}

/** Nobody started it who was ever heard of; one that names itself was started by nobody. */
export const ROOT = /* sql */ `(
  parent IS NULL
  OR parent = id
  OR NOT EXISTS (SELECT 1 FROM session AS above WHERE above.id = session.parent)
)`;

/** By its id or its parent a session is found in an index; one condition for all cases would read the whole table. */
const CONDITIONS: { readonly [W in Chosen['which']]: string } = {
  all: '?1 IS NULL',
  roots: ROOT,
  children: 'parent = ?1',
  tree: 'id IN (SELECT id FROM below)',
};

/**
 * Sessions with what they cost alone and with all their sub-agents at every depth: UNION brings no session twice, so that
 * it ends where sessions name each other as parents. Whose tree it is comes first in it. The trees
 * of all that are chosen are summed only where the order is by those sums, else of a page.
 */
export function listSessions({ sql }: Database, query: SessionQuery): SessionListRow[] {
  const { chosen } = query;
  return sql
    .exec<SessionListRow>(
      /* sql */ `WITH RECURSIVE below AS (
                   SELECT ?1 AS id
                    UNION
                   SELECT child.id
                     FROM below
                     JOIN session AS child ON child.parent = below.id
                 ),
                 chosen AS (
                   SELECT *, CAST(substr(labels_stamp, 1, 16) AS INTEGER) AS last_at
                     FROM session
                    WHERE ${CONDITIONS[chosen.which]}
                      AND (?2 IS NULL OR member = ?2)
                      AND (?3 IS NULL OR project = ?3 OR project_name = ?3
                           OR project IN (SELECT project FROM dimension WHERE project_name = ?3))
                      AND (?7 IS NULL OR status = ?7)
                      AND (?8 IS NULL OR labels_stamp >= printf('%016d', ?8))
                      AND (?9 IS NULL OR labels_stamp < printf('%016d', ?9))
                    ORDER BY id = ?1 DESC, CASE ?4 WHEN 'own' THEN cost ELSE labels_stamp END DESC, id
                    LIMIT iif(?4 = 'inclusive', -1, ?5) OFFSET iif(?4 = 'inclusive', 0, ?6)
                 ),
                 tree AS (
                   SELECT id AS root, id, cost, unpriced FROM chosen
                   UNION
                   SELECT tree.root, child.id, child.cost, child.unpriced
                     FROM tree
                     JOIN session AS child ON child.parent = tree.id
                 ),
                 totals AS (
                   SELECT root, sum(cost) AS inclusive, sum(unpriced) AS inclusive_unpriced, count(*) - 1 AS subagents
                     FROM tree
                    GROUP BY root
                 )
                 SELECT chosen.id, parent, title, member, project, project_name, status, first_at, created_at, last_at,
                        messages, unpriced, unlisted, inclusive_unpriced, subagents,
                        input, output, reasoning, cache_read, cache_write,
                        CAST(chosen.cost AS TEXT) AS cost,
                        CAST(inclusive AS TEXT) AS inclusive,
                        CAST(reported AS TEXT) AS reported,
                        CAST(list AS TEXT) AS list,
                        CAST(discarded AS TEXT) AS discarded,
                        CAST(copied AS TEXT) AS copied
                   FROM chosen
                   JOIN totals ON totals.root = chosen.id
                  ORDER BY CASE ?4 WHEN 'own' THEN chosen.cost WHEN 'inclusive' THEN totals.inclusive ELSE labels_stamp END DESC,
                           chosen.id
                  LIMIT ?5 OFFSET iif(?4 = 'inclusive', ?6, 0)`,
      'id' in chosen ? chosen.id : null,
      query.member,
      query.project,
      query.sort,
      query.limit,
      query.offset,
      query.status,
      query.from,
      query.to,
    )
    .toArray();
}

export type EntryListRow = {
  message: string;
  at: number;
  finished: number;
  provider: string | null;
  model: string | null;
  variant: string | null;
  agent: string | null;
  host: string | null;
  kind: string | null;
  basis: string;
  state: string;
  live: number;
  price: string | null;
  input: number;
  output: number;
  reasoning: number;
  cache_read: number;
  cache_write: number;
  cost: number;
  reported: number;
  list: number | null;
};

/** Entries of one session in the order of their messages. */
export function listEntries({ sql }: Database, session: string, limit: number, offset: number): EntryListRow[] {
  return sql
    .exec<EntryListRow>(
      /* sql */ `SELECT message, at, finished, live, provider, model, variant, agent, host, kind, basis, state,
                        input, output, reasoning, cache_read, cache_write, cost, reported, list, price.name AS price
                   FROM entry
                   JOIN dimension ON dimension.id = entry.dimension
                   LEFT JOIN price ON price.id = entry.price
                  WHERE session = ?
                  ORDER BY at, message
                  LIMIT ? OFFSET ?`,
      session,
      limit,
      offset,
    )
    .toArray();
}

const DAY_MS = 24 * 3_600_000;

/** A position in the log before all that was said of a session; null where nobody spoke of it. A clock may be a day ahead. */
export function startOfSession(db: Database, id: string): number | null {
  const [row] = db.sql.exec<{ first_at: number }>(/* sql */ `SELECT first_at FROM session WHERE id = ?`, id);
  return row === undefined ? null : positionBefore(db, row.first_at - DAY_MS);
}

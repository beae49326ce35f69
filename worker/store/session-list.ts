// Sessions and their entries, to read.
import type { Database } from './database.ts';

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
  unpriced: number;
};

export interface SessionQuery {
  readonly id: string | null;
  readonly parent: string | null;
  readonly member: string | null;
  readonly project: string | null;
  readonly sort: 'recent' | 'cost';
  readonly limit: number;
  readonly offset: number;
}

/** Sessions with what they cost alone and with all their sub-agents at every depth. */
export function listSessions({ sql }: Database, query: SessionQuery): SessionListRow[] {
  // By its id or its parent a session is found in an index; one condition for all three cases would read the whole table.
  const chosen = query.id === null ? (query.parent === null ? '?1 IS NULL' : 'parent = ?1') : 'id = ?1';
  return sql
    .exec<SessionListRow>(
      /* sql */ `WITH chosen AS (
                   SELECT *, CAST(substr(labels_stamp, 1, 16) AS INTEGER) AS last_at
                     FROM session
                    WHERE ${chosen}
                      AND (?2 IS NULL OR member = ?2)
                      AND (?3 IS NULL OR project = ?3 OR project_name = ?3)
                    ORDER BY CASE ?4 WHEN 'cost' THEN cost ELSE labels_stamp END DESC, id
                    LIMIT ?5 OFFSET ?6
                 ),
                 tree AS (
                   SELECT id AS root, id, cost, 0 AS depth FROM chosen
                   UNION
                   SELECT tree.root, child.id, child.cost, tree.depth + 1
                     FROM tree
                     JOIN session AS child ON child.parent = tree.id
                    WHERE tree.depth < 100
                 ),
                 totals AS (
                   SELECT root, sum(cost) AS inclusive
                     FROM (SELECT DISTINCT root, id, cost FROM tree)
                    GROUP BY root
                 )
                 SELECT chosen.id, parent, title, member, project, project_name, status, first_at, created_at, last_at,
                        messages, unpriced,
                        input, output, reasoning, cache_read, cache_write,
                        CAST(chosen.cost AS TEXT) AS cost,
                        CAST(inclusive AS TEXT) AS inclusive,
                        CAST(reported AS TEXT) AS reported,
                        CAST(list AS TEXT) AS list,
                        CAST(discarded AS TEXT) AS discarded
                   FROM chosen
                   JOIN totals ON totals.root = chosen.id
                  ORDER BY CASE ?4 WHEN 'cost' THEN chosen.cost ELSE labels_stamp END DESC, chosen.id`,
      query.id ?? query.parent,
      query.member,
      query.project,
      query.sort,
      query.limit,
      query.offset,
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

/** The ledger entries of one session in the order of their messages. */
export function listEntries({ sql }: Database, session: string): EntryListRow[] {
  return sql
    .exec<EntryListRow>(
      /* sql */ `SELECT message, at, finished, live, provider, model, variant, agent, kind, basis, state,
                        input, output, reasoning, cache_read, cache_write, cost, reported, list, price.name AS price
                   FROM entry
                   JOIN dimension ON dimension.id = entry.dimension
                   LEFT JOIN price ON price.id = entry.price
                  WHERE session = ?
                  ORDER BY at, message`,
      session,
    )
    .toArray();
}

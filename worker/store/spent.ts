// What sessions have cost so far, each with its sub-agents at every depth: for messages that say so.
import { formatUsd } from '../ledger/money.ts';
import type { Database } from './database.ts';

type Row = { root: string; cost: string };

/** By session. Of one that has cost nothing that is known nothing is said. */
export function spentIn(
  { sql }: Database,
  events: readonly { readonly session: string | null }[],
): Map<string, string> {
  const sessions = new Set(events.flatMap(({ session }) => session ?? []));
  const rows = sql.exec<Row>(
    /* sql */ `WITH RECURSIVE below AS (
                 SELECT value AS root, value AS id
                   FROM json_each(?)
                  UNION
                 SELECT root, child.id
                   FROM below
                   JOIN session AS child ON child.parent = below.id
               )
               SELECT root, CAST(sum(session.cost) AS TEXT) AS cost
                 FROM below
                 JOIN session ON session.id = below.id
                GROUP BY root
               HAVING sum(session.cost) > 0`,
    JSON.stringify([...sessions]),
  );
  return new Map(rows.toArray().map(({ root, cost }) => [root, formatUsd(cost)]));
}

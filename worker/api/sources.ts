// GET /v1/sources: who reports, when it was last heard of, what it still holds and what was lost on the way.
import type { Context } from 'hono';

import type { Api } from './context.ts';
import { problem } from './problem.ts';
import { readQuery, whole } from './query.ts';
import { answer, ask, iso } from './team.ts';

const QUERY = { limit: whole({ min: 1, max: 1_000, otherwise: 100 }) };

export async function getSources(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, QUERY);
  if (!query.ok) return problem(c, query.error);
  return answer(c, await ask(c, 'sources', query.value.limit), (rows) =>
    c.json({
      sources: rows.map(({ source, gaps, ...row }) => ({
        ...source,
        first_seen_at: iso(row.firstSeen),
        last_seen_at: iso(row.lastSeen),
        last_seq: row.high,
        events: row.events,
        duplicates: row.duplicates,
        rejected: row.rejected,
        backlog: row.backlog,
        clock_skew_ms: row.skewMs,
        missing: row.missing,
        gaps,
      })),
    }),
  );
}

// Endpoints that are pulled: what one should have after its cursor, and the cursor that it moves when it has dealt with that.
// Nothing is lent out: until it is acknowledged the same is answered to whoever asks.
import { refuse, type Refusal } from './api/problem.ts';
import { wantedBy } from './delivery/wanted.ts';
import { fail, ok, type Result } from './result.ts';
import type { Database } from './store/database.ts';
import { passTo, readEndpoint, type Endpoint } from './store/endpoints.ts';
import { head, readLog, type PageOfLog } from './store/log.ts';
import { floor } from './store/parts.ts';

export interface PullQuery {
  /** Null for the endpoint's own cursor. */
  readonly after: number | null;
  readonly limit: number;
}

export function pull(db: Database, team: string, id: string, { after, limit }: PullQuery): Result<PageOfLog, Refusal> {
  const found = pulled(db, id);
  if (!found.ok) return found;
  const endpoint = found.value;
  const start = after ?? endpoint.cursor;
  const oldest = floor(db);
  if (start < oldest) {
    const detail = `events up to ${oldest} are pulled no more: read them with GET /v1/events`;
    return fail(refuse('archived', detail));
  }
  const page = readLog(db, team, { after: start, limit, matches: wantedBy(endpoint) });
  // Nothing there that it wants: the cursor passes, as that of an endpoint which is called.
  if (after === null && page.events.length === 0 && page.upTo > start) passTo(db, id, page.upTo);
  return ok({ where: 'log', ...page, head: head(db) });
}

/** Never back, which is what a replay is for: the same acknowledgement may come twice, and a late one after a later one. */
export function acknowledge(
  db: Database,
  id: string,
  upTo: number,
): Result<{ cursor: number; behind: number }, Refusal> {
  const found = pulled(db, id);
  if (!found.ok) return found;
  const newest = head(db);
  if (upTo > newest) {
    return fail(
      refuse('body-malformed', `upto: must be at most ${newest}, the newest position in the log, got ${upTo}`),
    );
  }
  const cursor = Math.max(found.value.cursor, upTo);
  if (cursor > found.value.cursor) passTo(db, id, cursor);
  return ok({ cursor, behind: newest - cursor });
}

function pulled(db: Database, id: string): Result<Endpoint, Refusal> {
  const endpoint = readEndpoint(db, id);
  if (endpoint === null) return fail(refuse('not-found', `there is no endpoint ${id.slice(0, 80)}`));
  if (endpoint.kind !== 'pull') {
    const detail = `a ${endpoint.kind} is sent its events: read the log with GET /v1/events, or make an endpoint of kind pull`;
    return fail(refuse('endpoint-kind', detail));
  }
  if (endpoint.state === 'disabled') {
    return fail(refuse('endpoint-disabled', `its cursor stands at ${endpoint.cursor} until an admin enables it`));
  }
  return ok(endpoint);
}

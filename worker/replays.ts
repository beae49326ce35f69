// Sends an endpoint single events again, beside its cursor: one, what failed, what is missing. Lines of the desk's table.
import { refuse, type Refusal } from './api/problem.ts';
import { wantedBy } from './delivery/wanted.ts';
import { fail, ok, type Result } from './result.ts';
import { replayingOf } from './store/backlog.ts';
import type { Database } from './store/database.ts';
import { hurryRetry, readEndpoint, type Endpoint } from './store/endpoints.ts';
import { isHeld } from './store/grouping.ts';
import { head, positionBefore, readEvents } from './store/log.ts';
import { probePace } from './store/pace.ts';
import { floor } from './store/parts.ts';
import { putReplays } from './store/replay.ts';
import { selectSlice, type Range, type Selection } from './store/replay-range.ts';
import { readRetention } from './store/retention.ts';

/** So many events may wait to be sent again to an endpoint: a list for its queue, not a copy of the log. */
const MAX_REPLAYING = 10_000;
const DAY_MS = 24 * 3_600_000;

interface Asked {
  readonly db: Database;
  readonly now: number;
}

export interface Replayed {
  readonly found: number;
  readonly put: number;
  readonly upTo: number;
}

export const replays = {
  /** Of what was received in a time, as positions; null stands for the whole log. What the cursor has still to pass comes anyway. */
  replayRange: ({ db, now }: Asked, id: string, since: number | null, until: number | null) =>
    sentTo(db, id, ({ cursor }) => {
      const begin = since === null ? 0 : positionBefore(db, since);
      const end = until === null ? head(db) : positionBefore(db, until);
      const archived = floor(db);
      const attemptsSince = now - readRetention(db).attemptDays * DAY_MS;
      return ok({
        after: Math.max(begin, archived),
        upTo: Math.min(end, cursor),
        archived: begin < archived ? archived : null,
        /** Null where the attempts of the whole range are known. */
        attemptsSince: begin < positionBefore(db, attemptsSince) ? attemptsSince : null,
      });
    }),

  /** Finds them in a slice of a range, and puts down as many as there is room for. */
  replaySlice: ({ db }: Asked, id: string, selection: Selection, range: Range, isDry: boolean) =>
    having(db, id, (endpoint): Result<Replayed, Refusal> => {
      // What has left the log since the range was asked for is not delivered any more.
      const after = Math.max(range.after, floor(db));
      const { seqs, upTo } = selectSlice(db, endpoint, selection, { after, upTo: Math.max(after, range.upTo) });
      const room = isDry ? 0 : Math.max(0, MAX_REPLAYING - replayingOf(db, id));
      const chosen = seqs.slice(0, room);
      putReplays(db, id, chosen);
      if (chosen.length > 0) probePace(db, id);
      return ok({ found: seqs.length, put: chosen.length, upTo });
    }),

  replayOne: ({ db, now }: Asked, id: string, seq: number, isDry: boolean) =>
    sentTo(db, id, (endpoint): Result<null, Refusal> => {
      const fault = faultOf(db, endpoint, seq);
      if (fault !== null) return fail(fault);
      // One that waits for a retry has its next try now.
      if (!isDry) {
        if (!hurryRetry(db, id, seq, now)) putReplays(db, id, [seq]);
        probePace(db, id);
      }
      return ok(null);
    }),
};

function faultOf(db: Database, endpoint: Endpoint, seq: number): Refusal | null {
  const { cursor } = endpoint;
  if (seq <= floor(db))
    return refuse('archived', `event ${seq} is not delivered any more: GET /v1/events still reads it`);
  const [event] = readEvents(db, '', [seq]);
  if (event === undefined) return refuse('not-found', `there is no event ${seq} in the log, which ends at ${head(db)}`);
  if (seq > cursor)
    return refuse('body-malformed', `event: ${seq} comes by itself: the endpoint has had all up to ${cursor}`);
  if (isHeld(db, endpoint.id, seq))
    return refuse('body-malformed', `event: ${seq} is held back: it comes when its interval ends`);
  if (wantedBy(endpoint)(event, event.source)) return null;
  return refuse(
    'body-malformed',
    `event: the endpoint does not want ${event.type.slice(0, 80)}: change its events first`,
  );
}

function having<T>(db: Database, id: string, use: (endpoint: Endpoint) => Result<T, Refusal>): Result<T, Refusal> {
  const endpoint = readEndpoint(db, id);
  return endpoint === null ? fail(refuse('not-found', `there is no endpoint ${id.slice(0, 80)}`)) : use(endpoint);
}

/** Who pulls has the whole log, and there are no attempts of which anybody could know what is missing. */
function sentTo<T>(db: Database, id: string, use: (endpoint: Endpoint) => Result<T, Refusal>): Result<T, Refusal> {
  return having(db, id, (endpoint) => {
    if (endpoint.kind !== 'pull') return use(endpoint);
    return fail(refuse('endpoint-kind', 'a pull endpoint is sent nothing: move its cursor back by since or after'));
  });
}

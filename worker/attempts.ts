// The delivery log, as whoever may read asks for it: attempts at an endpoint or at an event, one with all that is kept of it, and the
// event itself.
import { refuse, type Refusal } from './api/problem.ts';
import type { Desk } from './desk.ts';
import { fail, ok, type Result } from './result.ts';
import { attemptsOf, listAttempts, readAttempt, type AttemptQuery, type FullAttempt } from './store/attempt-list.ts';
import type { AttemptName } from './store/attempts.ts';
import { listEndpoints, readEndpoint, type Endpoint } from './store/endpoints.ts';
import { head, readPage, type LogPage } from './store/log.ts';

export const attempts = {
  attempts: (desk: Desk, id: string, query: AttemptQuery) => at(desk, id, () => ok(listAttempts(desk.db, [id], query))),

  attemptsEverywhere({ db }: Desk, query: AttemptQuery) {
    // In the order in which a page goes on.
    const ids = listEndpoints(db).map(({ id }) => id);
    const inOrder = ids.toSorted((a, b) => (a < b ? -1 : 1));
    return ok(listAttempts(db, inOrder, query));
  },

  attempt: (desk: Desk, id: string, name: AttemptName) =>
    at(desk, id, (endpoint): Result<AttemptInFull, Refusal> => {
      const found = readAttempt(desk.db, id, name);
      const named = `${name.seq}.${name.number}`;
      if (found === null) return fail(refuse('not-found', `there is no attempt ${named} at this endpoint any more`));
      return ok({ ...found, endpoint, event: found.exchange?.request.body === null ? pageAt(desk, name.seq) : null });
    }),

  event: (desk: Desk, seq: number) => known(desk, seq, () => ok(pageAt(desk, seq))),

  eventAttempts: (desk: Desk, seq: number) => known(desk, seq, () => ok(attemptsOf(desk.db, seq))),
} as const;

export interface AttemptInFull extends FullAttempt {
  readonly endpoint: Endpoint;
  /** Where the event is that the request was; null where the request's own body was kept. */
  readonly event: LogPage | null;
}

function at<T>({ db }: Desk, id: string, use: (endpoint: Endpoint) => Result<T, Refusal>): Result<T, Refusal> {
  const endpoint = readEndpoint(db, id);
  return endpoint === null ? fail(refuse('not-found', `there is no endpoint ${id.slice(0, 80)}`)) : use(endpoint);
}

function known<T>({ db, team }: Desk, seq: number, use: () => Result<T, Refusal>): Result<T, Refusal> {
  return seq >= 1 && seq <= head(db) ? use() : fail(refuse('not-found', `there is no event ${team}-${seq} yet`));
}

/** The page of the log that begins with an event. */
function pageAt({ db, team }: Desk, seq: number): LogPage {
  return readPage(db, team, { after: seq - 1, limit: 1, matches: () => true });
}

// GET /v1/archive lists the parts of the log that are in the archive. Pages of events are read from there as from the log, here
// and not in the team's object, which has better things to do than to unpack.
import type { Context } from 'hono';

import { keyOf, readPart } from '../archive.ts';
import type { PublicEvent } from '../event/event.ts';
import { fail, ok, type Result } from '../result.ts';
import type { LogPage, Query } from '../store/log.ts';
import type { Part } from '../store/parts.ts';
import type { Api } from './context.ts';
import { problem, refuse, type Refusal } from './problem.ts';
import { readQuery, whole } from './query.ts';
import { answer, ask, iso } from './team.ts';

const QUERY = {
  after: whole({ min: 0, max: Number.MAX_SAFE_INTEGER, otherwise: 0 }),
  limit: whole({ min: 1, max: 1_000, otherwise: 100 }),
};

/** `next` is what to ask for `after` which to go on. */
export async function getArchive(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, QUERY);
  if (!query.ok) return problem(c, query.error);
  const { after, limit } = query.value;
  const { team } = c.var.credential;
  return answer(c, await ask(c, 'parts', after, limit + 1), (parts) =>
    c.json({
      parts: parts.slice(0, limit).map((part) => showPart(team, part)),
      next: parts.length > limit ? (parts[limit - 1]?.first ?? null) : null,
    }),
  );
}

function showPart(team: string, { first, last, received, stored }: Part) {
  return {
    key: keyOf(team, { first, last }),
    first,
    last,
    events: last - first + 1,
    received_from: iso(received.from),
    received_to: iso(received.to),
    ...(stored === null ? {} : { bytes: stored.bytes, sha256: stored.sha256, archived_at: iso(stored.at) }),
  };
}

interface EventPage {
  readonly events: readonly PublicEvent[];
  readonly next: number | null;
  readonly head: number;
}

/** A page of events, wherever they are. */
export async function answerPage(
  c: Context<Api>,
  found: Result<LogPage, Refusal>,
  query: Pick<Query, 'limit' | 'matches'>,
): Promise<Response> {
  const page = found.ok ? await unpack(c, found.value, query) : found;
  return answer(c, page, (events) => c.json(events));
}

/** The event that a page was asked for. */
export async function eventIn(c: Context<Api>, page: LogPage): Promise<Result<PublicEvent, Refusal>> {
  const found = await unpack(c, page, { limit: 1, matches: () => true });
  if (!found.ok) return found;
  const [event] = found.value.events;
  return event === undefined ? fail(refuse('not-found', 'the event has left the log')) : ok(event);
}

/** A page from the archive ends with its part. */
async function unpack(
  c: Context<Api>,
  { head, ...page }: LogPage,
  { limit, matches }: Pick<Query, 'limit' | 'matches'>,
): Promise<Result<EventPage, Refusal>> {
  if (page.where === 'log') return ok({ events: page.events, next: page.upTo < head ? page.upTo : null, head });
  if (c.env.ARCHIVE === undefined) return fail(unbound(page.part));
  const part = await readPart(c.env.ARCHIVE, c.var.credential.team, page.part);
  if (!part.ok) return fail(refuse('archive-unreadable', part.error));
  const later = part.value.filter((event) => event.seq > page.after);
  const events = later.filter((event) => matches(event, event.source)).slice(0, limit);
  const last = events.length === limit ? events.at(-1) : later.at(-1);
  return ok({ events, next: last?.seq ?? page.part.last, head });
}

export function unbound({ last }: Pick<Part, 'last'>): Refusal {
  return refuse('archive-unreadable', `events up to ${last} are in a bucket that is not bound`);
}

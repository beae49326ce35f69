// GET /v1/archive lists the parts of the log that are in the archive, and hands out each as it lies there. Pages of events are
// read from there as from the log, here and not in the team's object, which has better things to do than to unpack.
import type { Context } from 'hono';

import { toBase64 } from '../access/cipher.ts';
import { keyOf, openPart, readPart } from '../archive.ts';
import type { Result } from '../result.ts';
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

const PART = /^(\d{16})-\d{16}\.ndjson\.gz$/;

/** A part by its key. It is gzip in the bucket and stays so on the wire, where `content-encoding` says it. */
export async function getPart(c: Context<Api>): Promise<Response> {
  const key = `${c.req.param('team')}/${c.req.param('part')}`;
  const [, first] = PART.exec(c.req.param('part') ?? '') ?? [];
  const found = await ask(c, 'parts', Number(first ?? 0) - 1, 1);
  if (!found.ok) return problem(c, found.error);
  const [part] = found.value;
  if (part === undefined || part.stored === null || keyOf(c.var.credential.team, part) !== key) {
    return problem(c, refuse('not-found', `there is no part ${key.slice(0, 100)}: GET /v1/archive lists them`));
  }
  const { stored } = part;
  const etag = `"${stored.sha256}"`;
  if (isHeld(c.req.header('if-none-match'), etag)) return c.body(null, 304, { etag });
  if (c.env.ARCHIVE === undefined) return problem(c, unbound(part));
  const object = await openPart(c.env.ARCHIVE, key, stored);
  if (!object.ok) return problem(c, refuse('archive-unreadable', object.error));
  const { body, checksums } = object.value;
  const headers = {
    'content-type': 'application/x-ndjson',
    'content-encoding': 'gzip',
    // RFC 9530: of the representation as it is sent, its coding included.
    'repr-digest': `sha-256=:${toBase64(new Uint8Array(checksums.sha256 ?? new ArrayBuffer()))}:`,
    etag,
  };
  // What is packed already must not be packed again.
  return new Response(body, { headers, encodeBody: 'manual' });
}

/** RFC 9110, 13.1.2: the weak comparison. */
function isHeld(given: string | undefined, etag: string): boolean {
  const held = (given ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return held.includes(etag) || held.includes('*');
}

function unbound({ last }: Pick<Part, 'last'>): Refusal {
  return refuse('archive-unreadable', `events up to ${last} are in a bucket that is not bound`);
}

/** A page of events, wherever they are; a page from the archive ends with its part. */
export async function answerPage(
  c: Context<Api>,
  found: Result<LogPage, Refusal>,
  { limit, matches }: Pick<Query, 'limit' | 'matches'>,
): Promise<Response> {
  if (!found.ok) return problem(c, found.error);
  const { head, ...page } = found.value;
  if (page.where === 'log') {
    return c.json({ events: page.events, next: page.upTo < head ? page.upTo : null, head });
  }
  if (c.env.ARCHIVE === undefined) return problem(c, unbound(page.part));
  const part = await readPart(c.env.ARCHIVE, c.var.credential.team, page.part);
  if (!part.ok) return problem(c, refuse('archive-unreadable', part.error));
  const later = part.value.filter((event) => event.seq > page.after);
  const events = later.filter((event) => matches(event, event.source)).slice(0, limit);
  const last = events.length === limit ? events.at(-1) : later.at(-1);
  return c.json({ events, next: last?.seq ?? page.part.last, head });
}

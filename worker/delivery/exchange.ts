// What an attempt keeps of what went over the wire: bounded, without credentials, and with nothing of the endpoint's URL.
import { headOf } from '../destination/clip.ts';
import { placeTold } from '../destination/describe.ts';
import type { Answer, Rendered } from '../destination/destination.ts';
import { redactorOf, type Redact } from './redact.ts';

/** A request or an answer, as it is kept. */
export interface Kept {
  readonly headers: Readonly<Record<string, string>>;
  /** Null for the event just as the log has it. */
  readonly body: string | null;
  /** Something was left out, cut or blotted out. */
  readonly partial?: true;
}

export interface Exchange {
  /** Where it went, as far as everybody may know. */
  readonly to: string;
  readonly request: Kept;
  /** Null where no answer came. */
  readonly response: Kept | null;
}

/** In characters. Enough to see what a receiver complains of, too little for a hostile one to fill our memory. */
export const MAX_ANSWER = 4_096;
const MAX_REQUEST = 20_000;
const MAX_HEADERS = 50;
/** Of all names and values together. */
const MAX_HEADER_TEXT = 4_096;

/** Of all exchanges of a window: they are on their way together, and the platform carries no more than 32 MB at once. */
const MAX_WINDOW = 4_000_000;

/** Nobody's to read, whoever's they are. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'authentication-info',
  'proxy-authentication-info',
  'cookie',
  'set-cookie',
  'set-cookie2',
]);
/** The way to a redirect may be a credential too. */
const PLACES: ReadonlySet<string> = new Set(['location', 'content-location', 'refresh']);

/**
 * `event` is the text of the event that the request is about, null where it is about several. `redact` is null for what says
 * nothing of the URL.
 */
export function keepRequest({ headers, body }: Rendered, event: string | null, redact: Redact | null): Kept {
  const text = body === event ? null : body;
  if (redact === null && (text === null || text.length <= MAX_REQUEST)) return { headers, body: text };
  return keep(Object.entries(headers), text, { most: MAX_REQUEST, redact: redact ?? asItIs });
}

function asItIs(text: string): string {
  return text;
}

/** What is kept of an answer, and the answer for whoever judges it: nobody's words go further than this unread. */
export function keepAnswer(
  answer: Answer,
  url: string,
  redact: Redact,
): { readonly kept: Kept; readonly read: Answer } {
  const location = answer.headers.get('location');
  // What is said beside a redirect often says where it leads, once more.
  const isRedirect = location !== undefined && URL.canParse(location, url);
  const blotOut = isRedirect ? redactorOf(url, new URL(location, url).href) : redact;
  const kept = keep(answer.headers, answer.body, { most: MAX_ANSWER, redact: blotOut });
  return { kept, read: { ...answer, body: kept.body ?? '' } };
}

interface Manner {
  readonly most: number;
  readonly redact: Redact;
}

function keep(
  headers: Iterable<readonly [name: string, value: string]>,
  body: string | null,
  { most, redact }: Manner,
): Kept {
  const held: (readonly [name: string, value: string])[] = [];
  let room = MAX_HEADER_TEXT;
  let isPartial = false;
  for (const [name, value] of headers) {
    const told = PLACES.has(name) ? placeTold(value) : redact(value);
    const size = name.length + told.length;
    const isKept = !CREDENTIALS.has(name) && held.length < MAX_HEADERS && size <= room;
    if (isKept) {
      held.push([name, told]);
      room -= size;
    }
    if (!isKept || told !== value) isPartial = true;
  }
  const text = body === null ? null : bounded(body, most, redact);
  const kept = { headers: Object.fromEntries(held), body: text };
  return isPartial || text !== body ? { ...kept, partial: true } : kept;
}

function bounded(text: string, most: number, redact: Redact): string {
  return text.length <= most ? redact(text) : `${redact(headOf(text, most - 1))}…`;
}

/** As JSON, for the exchanges of one window. Where it comes to too much, the bodies of the last are left out. */
export function packer(): (exchange: Exchange) => string {
  let room = MAX_WINDOW;
  return function pack(exchange) {
    const text = JSON.stringify(exchange);
    room -= text.length;
    return room >= 0 ? text : JSON.stringify(withoutBodies(exchange));
  };
}

function withoutBodies({ to, request, response }: Exchange): Exchange {
  const bare = (kept: Kept): Kept => (kept.body === null ? kept : { ...kept, body: '', partial: true });
  return { to, request: bare(request), response: response === null ? null : bare(response) };
}

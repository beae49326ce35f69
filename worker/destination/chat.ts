// What the destinations that people read have in common. Each of them says where it is, how it writes a note, and which words
// of its answers mean more than their status.
import type { PublicEvent } from '../event/event.ts';
import type { Outcome } from '../delivery/outcome.ts';
import { retryAfterMs } from '../delivery/schedule.ts';
import { describe } from './describe.ts';
import type { Answer, Destination } from './destination.ts';
import { fieldsOf } from './fields.ts';
import { noteOf, type Note } from './note.ts';
import { WORTH_TELLING } from './telling.ts';

export interface Chat extends Pick<Destination, 'hosts' | 'faultOf'>, Words {
  /** The JSON to post, and where to if not to the endpoint's URL itself. */
  readonly write: (note: Note, url: URL) => { readonly body: object; readonly to?: URL };
}

/** What means more than the status. */
export interface Words {
  /** Of an answer that refuses: this message is bad, whatever the status. */
  readonly refusesOne?: RegExp;
  /** Of an answer that refuses: no message will be taken any more, whatever the status. */
  readonly refusesAll?: RegExp;
  /** What passes here although it is for good elsewhere. */
  readonly passing?: readonly number[];
}

export function chat({ hosts, faultOf, write, ...words }: Chat): Destination {
  return {
    signs: false,
    saysSpent: true,
    events: WORTH_TELLING,
    hosts,
    faultOf,
    wants: isWorthSaying,
    async render({ event, url }) {
      const { body, to } = write(noteOf(JSON.parse(event.json) as PublicEvent, event), new URL(url));
      return { url: to?.href ?? url, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    },
    classify: (answer, now) => verdictOf(answer, now, words),
  };
}

/** A message that still grows comes again, and a copy was told of where it was made. */
export function isWorthSaying({ type, data }: { readonly type: string; readonly data: object }): boolean {
  if (type !== 'message.updated') return true;
  return fieldsOf(data).text('completed_at') !== null && !('copied' in data && data.copied === true);
}

/** To be tried again although they are 4xx: a time-out, a conflict, too early, too many. */
const PASSING: readonly number[] = [408, 409, 425, 429];
/** The URL is its own credential: whoever keeps calling one that is not known is blocked, with all who share the address. */
const CLOSED: readonly number[] = [401, 403, 404, 410];

export function verdictOf(answer: Answer, now: number, words: Words): Outcome {
  const { status, body } = answer;
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  const detail = describe(answer);
  const throttled = status === 429 || status === 503;
  const retry = { kind: 'retry', status, detail, afterMs: throttled ? waitOf(answer, now) : null } as const;
  if (status < 400 || status >= 500 || status === 429) return retry;
  if (words.refusesAll?.test(body) === true) return { kind: 'gone', status, detail };
  if (words.refusesOne?.test(body) === true) return { kind: 'rejected', status, detail };
  if (PASSING.includes(status) || words.passing?.includes(status) === true) return retry;
  return { kind: CLOSED.includes(status) ? 'gone' : 'rejected', status, detail };
}

/** The header, or what Discord and Telegram say in seconds in their JSON, which may have been cut: the longer of both. */
function waitOf({ headers, body }: Answer, now: number): number | null {
  const said = /"retry_after"\s*:\s*(\d{1,9}(?:\.\d+)?)/.exec(body)?.[1];
  const header = headers.get('retry-after')?.trim() ?? null;
  const waits = [
    said === undefined ? null : Math.ceil(Number(said) * 1_000),
    header !== null && /^\d{1,9}\.\d+$/.test(header) ? Math.ceil(Number(header) * 1_000) : retryAfterMs(header, now),
  ].filter((wait) => wait !== null);
  return waits.length === 0 ? null : Math.max(...waits);
}

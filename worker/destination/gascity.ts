// Gas City, by the API of its supervisor: an event of the city's own log, which its orders and agents can wait for. The URL is
// the city's, `…/v0/city/<name>`, or `…/v0` of a supervisor from before cities had names (docs/reference/api.md of
// gastownhall/gascity).
import type { PublicEvent } from '../event/event.ts';
import { isWorthSaying, verdictOf } from './chat.ts';
import { clip } from './clip.ts';
import { TYPE_PREFIX } from './cloud-event.ts';
import type { Destination } from './destination.ts';
import { fieldsOf } from './fields.ts';
import { noteOf, oneLine } from './note.ts';
import { WORTH_TELLING } from './telling.ts';

const MAX_NAME = 300;
const MAX_MESSAGE = 2_000;

const CITY = /^(?:\/[\w.-]+)*\/v0(?:\/city\/[\w.-]+)?\/?$/;

export const gascity: Destination = {
  signs: false,
  // A retry must be what the first try was, to the letter: the city refuses another body under the same key.
  saysSpent: false,
  events: WORTH_TELLING,
  hosts: null,
  faultOf: ({ pathname }) =>
    CITY.test(pathname) ? null : 'url must be that of a city, such as https://city.example.com/v0/city/lab',
  wants: isWorthSaying,

  async render({ event, url, endpoint }) {
    const to = new URL(url);
    to.pathname = `${to.pathname.replace(/\/$/, '')}/events`;
    const headers = {
      'content-type': 'application/json',
      // Whatever it holds: without it every change is refused.
      'x-gc-request': 'gasline',
      'idempotency-key': `${event.id}/${endpoint}`,
    };
    return {
      url: to.href,
      headers,
      body: JSON.stringify(cityEvent(JSON.parse(event.json) as PublicEvent, event.folded)),
    };
  },

  classify: (answer, now) =>
    // A city that is starting is not found either.
    verdictOf({ ...answer, body: reasonOf(answer.body) }, now, { passing: [404] }),
};

/** The city's own types have our names: ours get a prefix. Its events hold text alone, so this says what a person reads. */
export function cityEvent(event: PublicEvent, folded = 0) {
  const { title, facts } = noteOf(event, { spent: null, folded });
  const said = [title, ...facts.map(({ name, value }) => `${name}: ${value}`)].join(' · ');
  const subject = event.session === null ? {} : { subject: clip(oneLine(event.session), MAX_NAME) };
  return {
    type: TYPE_PREFIX + clip(oneLine(event.type), MAX_NAME),
    actor: clip(`gasline/${oneLine(event.source.member)}`, MAX_NAME),
    ...subject,
    message: `${clip(said, MAX_MESSAGE)} (${oneLine(event.id)})`,
  };
}

/** Of problem details (RFC 9457) the code and what happened; anything else as it is. */
function reasonOf(body: string): string {
  const problem = fieldsOf(parsed(body));
  const detail = problem.text('detail') ?? problem.text('title');
  if (detail === null) return body;
  const code = problem.text('code') ?? /^urn:gascity:error:(.+)$/.exec(problem.text('type') ?? '')?.[1];
  return code === undefined ? detail : `${code}: ${detail}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

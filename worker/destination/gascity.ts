// Gas City, by the API of its supervisor: mail for its agents, and events of the city's own log, which its orders and agents can
// wait for. The URL is the city's, `…/v0/city/<name>`, or `…/v0` of a supervisor from before cities had names (docs/reference/api.md of
// gastownhall/gascity).
import type { PublicEvent } from '../event/event.ts';
import { parseAddress } from '../mail/address.ts';
import { isWorthSaying, verdictOf } from './chat.ts';
import { clip } from './clip.ts';
import { TYPE_PREFIX } from './cloud-event.ts';
import type { Destination, Rendered } from './destination.ts';
import { fieldsOf } from './fields.ts';
import { noteOf, oneLine } from './note.ts';
import { WORTH_TELLING } from './telling.ts';

const MAX_NAME = 300;
const MAX_MESSAGE = 2_000;

const CITY = /^(?:\/[\w.-]+)*\/v0(?:\/city\/([\w.-]+))?\/?$/;

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
    const city = new URL(url);
    const key = `${event.id}/${endpoint}`;
    const whole = JSON.parse(event.json) as PublicEvent;
    const [first, ...rest] = mailsFor(CITY.exec(city.pathname)?.[1] ?? null, whole).map((mail) =>
      request(city, 'mail', `${key}/${mail.to}`, mail),
    );
    return first === undefined ? request(city, 'events', key, cityEvent(whole, event.folded)) : { ...first, rest };
  },

  classify: (answer, now) =>
    // A city that is starting is not found either.
    verdictOf({ ...answer, body: reasonOf(answer.body) }, now, { passing: [404] }),
};

function request(city: URL, what: 'events' | 'mail', key: string, body: object): Rendered {
  const to = new URL(city);
  to.pathname = `${to.pathname.replace(/\/$/, '')}/${what}`;
  const headers = {
    'content-type': 'application/json',
    // Whatever it holds: without it every change is refused.
    'x-gc-request': 'gasline',
    'idempotency-key': key,
  };
  return { url: to.href, headers, body: JSON.stringify(body) };
}

interface CityMail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly body: string;
}

/**
 * A message once for each of its recipients who is of this city, as a city's mail has one. Those of another town, and ours that
 * are nobody's in a town, are not: they get it elsewhere. An older city repeats what it is told twice, so its id stands below.
 */
export function mailsFor(city: string | null, { type, data }: Pick<PublicEvent, 'type' | 'data'>): readonly CityMail[] {
  if (type !== 'mail.sent') return [];
  const sent = fieldsOf(data);
  const mail = {
    from: `relay/${clip(oneLine(sent.text('from') ?? 'somebody'), MAX_NAME)}`,
    subject: clip(oneLine(sent.text('subject') ?? 'without a subject'), MAX_NAME),
    body: `${sent.text('body') ?? ''}\n\n(${sent.text('id')})`.trimStart(),
  };
  return sent.texts('recipients').flatMap((recipient) => {
    const parsed = parseAddress(recipient);
    const agent = parsed.ok ? parsed.value.agent : null;
    if (agent === null || (agent.town !== null && agent.town !== city)) return [];
    const to = agent.address.slice(agent.town === null ? 0 : agent.town.length + 1).replace(/\/$/, '');
    return { ...mail, to };
  });
}

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

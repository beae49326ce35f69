// E-mail to some addresses, by whatever the operator sends mail with. It is written as Resend's API takes it (POST /emails), but
// for the sender, which is the operator's.
import type { PublicEvent } from '../event/event.ts';
import { isWorthSaying, verdictOf } from './chat.ts';
import { clip, escapeBy, MARKUP_ENTITIES } from './clip.ts';
import type { Destination } from './destination.ts';
import { recipientsOf } from './mailbox.ts';
import { noteOf, type Note } from './note.ts';
import { WORTH_TELLING } from './telling.ts';

/** A subject may have 998 bytes (RFC 5322, 2.1.1); nobody reads as many. */
const MAX_SUBJECT = 200;
const MAX_TITLE = 500;
const MAX_VALUE = 2_000;
const MAX_THREAD = 200;

const escape = escapeBy({ ...MARKUP_ENTITIES, '"': '&quot;', "'": '&#39;' });

export const email: Destination = {
  signs: false,
  saysSpent: true,
  events: WORTH_TELLING,
  carrier: 'mail',
  hosts: null,
  faultOf: () => null,
  wants: isWorthSaying,

  async render({ event, url, endpoint }) {
    const given = JSON.parse(event.json) as PublicEvent;
    const letter = letterOf(noteOf(given, event), given.session);
    return {
      url,
      // A retry whose first try was taken makes no second mail, for a day.
      headers: { 'content-type': 'application/json', 'idempotency-key': `${event.id}/${endpoint}` },
      body: JSON.stringify({ to: recipientsOf(url), ...letter }),
    };
  },

  classify: (answer, now) =>
    verdictOf(answer, now, {
      // Taken before with other words: what the session cost has grown since then.
      refusesOne: /invalid_idempotent_request/,
      refusesAll: /E_RECIPIENT_(?:NOT_ALLOWED|SUPPRESSED)/,
      // The operator's key, domain or address is not as it should be: no fault of the endpoint's.
      passing: [401, 403, 404, 405],
    }),
};

export function letterOf(note: Note, session: string | null) {
  const { id, title, facts, link } = note;
  const project = facts.find(({ name }) => name === 'Project');
  const lines = facts.map(({ name, value }) => `${name}: ${clip(value, MAX_VALUE)}`);
  const repository = link === null ? [] : [link];
  return {
    subject: clip(['[Gasline]', title, ...(project === undefined ? [] : ['·', project.value])].join(' '), MAX_SUBJECT),
    text: [clip(title, MAX_TITLE), '', ...lines, ...repository, '', id].join('\n'),
    html: pageOf(note),
    headers: { 'Auto-Submitted': 'auto-generated', ...threadOf(session) },
  };
}

function pageOf({ id, title, facts, link }: Note): string {
  const rows = facts.map(
    ({ name, value }) => `<tr><td>${clip(name, MAX_VALUE, escape)}</td><td>${clip(value, MAX_VALUE, escape)}</td></tr>`,
  );
  const repository = link === null ? '' : `<p><a href="${link}">Repository</a></p>`;
  const table = rows.length === 0 ? '' : `<table cellpadding="4">${rows.join('')}</table>`;
  return `<p><b>${clip(title, MAX_TITLE, escape)}</b></p>${table}${repository}<p><small>${clip(id, MAX_VALUE, escape)}</small></p>`;
}

/** The mails of a session lie together: each answers one that was never sent. */
function threadOf(session: string | null) {
  if (session === null) return {};
  const thread = `<${session.replaceAll(/[^\w-]+/g, '_').slice(0, MAX_THREAD)}@gasline.invalid>`;
  return { 'In-Reply-To': thread, References: thread };
}

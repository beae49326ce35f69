// PagerDuty, by an integration of its Events API v2: an alert that is triggered, and resolved by what ends it.
import type { PublicEvent } from '../event/event.ts';
import { alertOf, ENDS, isAlert } from './alert.ts';
import { verdictOf } from './chat.ts';
import { clip } from './clip.ts';
import type { Destination } from './destination.ts';
import { fieldsOf } from './fields.ts';
import { noteOf, oneLine, type Note, type Tone } from './note.ts';

const MAX_SUMMARY = 1_024;
const MAX_DEDUP_KEY = 255;
const MAX_SOURCE = 255;
const MAX_VALUE = 2_000;
/** Where a 429 says nothing: "preferably with a backoff of a few minutes" (Events API v2, rate limits). */
const BACKOFF_MS = 120_000;

const SEVERITY = { good: 'info', info: 'info', warn: 'warning', bad: 'error' } as const satisfies Record<Tone, string>;
/** What a town calls critical is so by whoever is to be woken. */
const isCritical = ({ type, data }: Pick<PublicEvent, 'type' | 'data'>) =>
  type === 'escalation.raised' && fieldsOf(data).text('severity') === 'critical';
const INTEGRATION = /^\/integration\/([a-z0-9]{32})\/enqueue$/i;

export const pagerduty: Destination = {
  signs: false,
  saysSpent: true,
  events: [
    'session.error',
    'session.stalled',
    'permission.asked',
    'question.asked',
    'escalation.raised',
    'budget.threshold',
    'anomaly.*',
    'endpoint.*',
  ],
  ends: ENDS,
  ordered: true,
  hosts: ['events.pagerduty.com', 'events.eu.pagerduty.com'],
  faultOf: ({ pathname }) =>
    INTEGRATION.test(pathname)
      ? null
      : 'url must be that of an Events API v2 integration, such as https://events.pagerduty.com/integration/…/enqueue',
  wants: isAlert,

  async render({ event, url, endpoint }) {
    const given = JSON.parse(event.json) as PublicEvent;
    const { action, about } = alertOf(given);
    const head = {
      routing_key: INTEGRATION.exec(new URL(url).pathname)?.[1] ?? '',
      event_action: action,
      dedup_key: await dedupKey([endpoint, ...about]),
    };
    const body = action === 'resolve' ? head : { ...head, ...triggerOf(given, noteOf(given, event)) };
    return {
      url: new URL('/v2/enqueue', url).href,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
  },

  classify(answer, now) {
    const outcome = verdictOf(answer, now, { refusesAll: /routing.?key/i });
    return outcome.kind === 'retry' && outcome.status === 429
      ? { ...outcome, afterMs: outcome.afterMs ?? BACKOFF_MS }
      : outcome;
  },
};

export function triggerOf(event: PublicEvent, { tone, title, facts, link }: Note) {
  const { type, source, timestamp } = event;
  const said = facts.map(({ name, value }) => `${name}: ${value}`);
  const details = facts.map(({ name, value }) => [name, clip(value, MAX_VALUE)]);
  const payload = {
    summary: clip([title, ...said].join(' · '), MAX_SUMMARY),
    source: clip(oneLine(source.host), MAX_SOURCE),
    severity: isCritical(event) ? 'critical' : SEVERITY[tone],
    timestamp,
    class: clip(oneLine(type), MAX_SOURCE),
    custom_details: Object.fromEntries(details),
  };
  const links = link === null ? {} : { links: [{ href: link, text: 'Repository' }] };
  return { client: 'Gasline', payload, ...links };
}

/** What an alert is about, as text that is the same each time. One too long ends in its hash, so that no two become one. */
export async function dedupKey(parts: readonly string[]): Promise<string> {
  const whole = parts.map((part) => encodeURIComponent(part.toWellFormed())).join('/');
  if (whole.length <= MAX_DEDUP_KEY) return whole;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(whole));
  const hash = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${whole.slice(0, MAX_DEDUP_KEY - hash.length - 1)}~${hash}`;
}

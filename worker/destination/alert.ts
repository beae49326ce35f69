// Which events are alerts: what each is about, so that what happens twice is one alert, and which event ends which.
import type { PublicEvent } from '../event/event.ts';
import { OWN } from '../event/parse.ts';
import { fieldsOf, type Fields } from './fields.ts';
import { tellingOf } from './telling.ts';

export interface Alert {
  readonly action: 'trigger' | 'resolve';
  /** The same for a trigger and for what resolves it. */
  readonly about: readonly string[];
}

type Said = Pick<PublicEvent, 'type' | 'data'>;

/** `about` reads it from an event's data and session; `unless` says which are none. */
interface Rule {
  readonly action: Alert['action'];
  readonly about: (data: Fields, session: string) => readonly string[];
  readonly unless?: (data: Fields) => boolean;
}

const ofSession = (_: Fields, session: string) => ['session', session];
const ofStall = (_: Fields, session: string) => ['stalled', session];
const ofEndpoint = (data: Fields) => ['endpoint', data.text('endpoint') ?? ''];
const ofPermission = (data: Fields, session: string) => ['permission', session, data.text('request') ?? ''];

const RULES: Readonly<Record<string, Rule>> = {
  'session.error': {
    action: 'trigger',
    about: ofSession,
    // Whoever pressed Escape knows.
    unless: (data) => data.inner('error').text('name') === 'MessageAbortedError',
  },
  'question.asked': { action: 'trigger', about: ofSession },
  // OpenCode says that a session is idle right after it failed: only the next turn shows that somebody has seen to it, and it is
  // also the only sign that a question was answered.
  'session.status': { action: 'resolve', about: ofSession, unless: (data) => data.text('status') !== 'busy' },
  'session.deleted': { action: 'resolve', about: ofSession },
  'permission.asked': { action: 'trigger', about: ofPermission },
  'permission.replied': { action: 'resolve', about: ofPermission },
  // What the session says next may be a failure: its alert is another.
  'session.stalled': { action: 'trigger', about: ofStall },
  'session.resumed': { action: 'resolve', about: ofStall },
  'escalation.raised': {
    action: 'trigger',
    // A town that escalates once more by another channel says the same.
    about: (data, session) => ['escalation', data.text('bead') ?? session],
    unless: (data) => data.text('severity') === 'low',
  },
  'budget.threshold': {
    action: 'trigger',
    about: (data) => ['budget', data.text('budget') ?? '', data.text('from') ?? ''],
    unless: (data) => (data.count('percent') ?? 0) < 100,
  },
  'anomaly.detected': {
    action: 'trigger',
    about(data) {
      const subject = data.inner('subject');
      return ['anomaly', subject.text('by') ?? '', subject.text('value') ?? '', data.text('from') ?? ''];
    },
  },
  'endpoint.failing': { action: 'trigger', about: ofEndpoint },
  'endpoint.stalled': { action: 'trigger', about: ofEndpoint },
  'endpoint.disabled': { action: 'trigger', about: ofEndpoint },
  'endpoint.recovered': { action: 'resolve', about: ofEndpoint },
};

/** The types that end what others began: whoever gets those gets these too, or its alerts would stay for ever. */
export const ENDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['session.status', ['session.error', 'question.asked']],
  ['session.deleted', ['session.error', 'question.asked']],
  ['permission.replied', ['permission.asked']],
  ['session.resumed', ['session.stalled']],
  ['endpoint.recovered', ['endpoint.failing', 'endpoint.stalled', 'endpoint.disabled']],
]);

/** What the plugin says beyond the rules is the ordinary course of things. */
const ORDINARY = /^(?:session|message|permission|question|todo|spool)\./i;

/** Beyond the rules: of the relay's own words those that are told in a worried tone; all that nobody here knows. */
export function isAlert({ type, data }: Said): boolean {
  const rule = ruleOf(type);
  const fields = fieldsOf(data);
  if (rule !== undefined) return rule.unless?.(fields) !== true;
  if (!OWN.test(type)) return !ORDINARY.test(type);
  const { tone } = tellingOf(type, fields);
  return tone === 'warn' || tone === 'bad';
}

export function alertOf({ id, type, session, data }: PublicEvent): Alert {
  const rule = ruleOf(type);
  if (rule === undefined) return { action: 'trigger', about: ['event', id] };
  return { action: rule.action, about: rule.about(fieldsOf(data), session ?? id) };
}

function ruleOf(type: string): Rule | undefined {
  return Object.hasOwn(RULES, type) ? RULES[type] : undefined;
}

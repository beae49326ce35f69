// An event as a person wants to read it, before any target's markup: what happened, where, who, what it cost.
import type { Outgoing, PublicEvent } from '../event/event.ts';
import { RELAY } from '../event/own.ts';
import { fieldsOf } from './fields.ts';
import { grouped, spokenUsd } from './figure.ts';
import { tellingOf } from './telling.ts';

export type Tone = 'good' | 'info' | 'warn' | 'bad';

export interface Fact {
  readonly name: string;
  readonly value: string;
}

/** Plain text, a line each: whoever writes it for a target escapes and clips it. */
export interface Note {
  /** The event's, the same in every retry. */
  readonly id: string;
  readonly tone: Tone;
  readonly title: string;
  readonly facts: readonly Fact[];
  /** Of letters, digits and `._-/` alone: no target's markup can be broken out of with it. */
  readonly link: string | null;
  readonly timestamp: string;
}

/** Slack has room for so many beside each other. */
export const MAX_FACTS = 10;

/** For targets without colours. */
export const MARK = { good: '✅', info: 'ℹ️', warn: '⚠️', bad: '❌' } as const satisfies Record<Tone, string>;

export function noteOf(event: PublicEvent, { spent, folded }: Pick<Outgoing, 'spent' | 'folded'>): Note {
  const { tone, title, facts } = tellingOf(event.type, fieldsOf(event.data));
  const soFar = ['Cost so far', spent === null ? null : spokenUsd(spent)] as const;
  const since = ['Before it', folded === 0 ? null : `${grouped(folded)} more like this`] as const;
  const all = [...facts, soFar, since, ...whereabouts(event)].flatMap(([name, value]) =>
    value === null ? [] : { name, value: oneLine(value) },
  );
  const { id, timestamp } = event;
  return { id, tone, title: oneLine(title), facts: all.slice(0, MAX_FACTS), link: repositoryOf(event), timestamp };
}

function whereabouts({ source }: PublicEvent): [string, string | null][] {
  // What the relay says itself happened on nobody's machine, unless it is about a session.
  if (source.id === RELAY.id && source.host === RELAY.host) return [];
  return [
    ['Who', source.member],
    ['Project', source.project?.name ?? null],
    ['Branch', source.branch],
    ['Role', source.town?.role ?? null],
  ];
}

const REPOSITORY = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:\/[\w.-]+){1,8}$/i;

/** A project's name is where its repository is, unless it has none. */
function repositoryOf({ source }: PublicEvent): string | null {
  const name = source.project?.name ?? '';
  return REPOSITORY.test(name) && URL.canParse(`https://${name}`) ? `https://${name}` : null;
}

/** Line breaks and control characters could begin a list or a quote of their own, direction marks turn the text around. */
export function oneLine(text: string): string {
  const line = text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]+/gu, ' ')
    .trim();
  return line === '' ? '–' : line;
}

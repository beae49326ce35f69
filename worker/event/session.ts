// The sessions fold: what a team sees of each session. What was said last stands, part by part, whatever arrived last.
import type { EventType, SessionInfo, Source } from '../../plugin/contract.ts';
import { dataOf, type LoggedEvent } from './event.ts';
import { stampOf, type Stamp } from './stamp.ts';

export type SessionStatus = 'idle' | 'busy' | 'retry' | 'error' | 'waiting' | 'deleted';

interface Said<T> {
  readonly stamp: Stamp;
  readonly value: T;
}

export interface Session {
  readonly id: string;
  readonly firstAt: number;
  /** Who runs it and where. */
  readonly labels: Said<{
    readonly member: string;
    readonly project: string | null;
    readonly projectName: string | null;
  }>;
  readonly info: Said<{
    readonly parent: string | null;
    readonly title: string | null;
    readonly createdAt: number;
  }> | null;
  readonly status: Said<SessionStatus> | null;
}

const STATUS_AFTER: { readonly [T in EventType]?: SessionStatus } = {
  'session.created': 'idle',
  'session.idle': 'idle',
  'session.error': 'error',
  'session.deleted': 'deleted',
  'permission.asked': 'waiting',
  'question.asked': 'waiting',
  'permission.replied': 'busy',
};

const DESCRIBES = ['session.created', 'session.updated', 'session.reverted', 'session.deleted'] as const;

/** What one event says about its session; null where it belongs to none. */
export function sessionOf(event: LoggedEvent, source: Source): Session | null {
  if (event.session === null) return null;
  const stamp = stampOf(event, source);
  const info = describes(event);
  const status = dataOf(event, 'session.status')?.status ?? statusAfter(event.type);
  return {
    id: event.session,
    firstAt: event.at,
    labels: {
      stamp,
      value: { member: source.member, project: source.project?.id ?? null, projectName: source.project?.name ?? null },
    },
    info: info && {
      stamp,
      value: { parent: info.parent, title: info.title, createdAt: Date.parse(info.created_at) },
    },
    status: status && { stamp, value: status },
  };
}

/** Null for what says nothing of it. A type may have any name, those of an object's own methods too. */
function statusAfter(type: string): SessionStatus | null {
  return Object.hasOwn(STATUS_AFTER, type) ? (STATUS_AFTER[type as EventType] ?? null) : null;
}

export function mergeSessions(a: Session, b: Session): Session {
  return {
    id: a.id,
    firstAt: Math.min(a.firstAt, b.firstAt),
    labels: later(a.labels, b.labels) ?? a.labels,
    info: later(a.info, b.info),
    status: later(a.status, b.status),
  };
}

function later<T>(a: Said<T> | null, b: Said<T> | null): Said<T> | null {
  if (a === null || b === null) return a ?? b;
  return b.stamp > a.stamp ? b : a;
}

function describes(event: LoggedEvent): SessionInfo | null {
  for (const type of DESCRIBES) {
    const info = dataOf(event, type);
    if (info !== null) return info;
  }
  return null;
}

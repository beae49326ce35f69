// From OpenCode's event to the contract's: one table, fields by allow-list. No clock, no disk, no network: `now` comes in.
// A raw event gives one event or none. What is not in the table is not sent, and no field is copied that is not named here,
// because raw events carry prompts, patches, tool arguments and the providers' error bodies.

import type { EventData, EventType, SourceEventOf } from './contract.ts';
import { Bounded } from './bounded.ts';
import { fields, iso, list, name } from './field.ts';
import type { Fields } from './field.ts';
import { SESSIONS } from './limits.ts';
import { assistantMessage, errorInfo } from './messages.ts';
import { change, learn, sessionInfo } from './sessions.ts';
import type { Sessions } from './sessions.ts';
import { noSteps, recordStep } from './steps.ts';
import type { Steps } from './steps.ts';

/** A contract event that the spool has not numbered yet. */
export type Fact = { readonly [T in EventType]: Omit<SourceEventOf<T>, 'seq'> }[EventType];

export interface Memory {
  readonly sessions: Sessions;
  readonly steps: Steps;
  readonly titles: boolean;
  branch: string | null;
  opencodeVersion: string | null;
}

export function remember(titles: boolean, branch: string | null): Memory {
  return { sessions: new Bounded(SESSIONS), steps: noSteps(), titles, branch, opencodeVersion: null };
}

export function normalise(raw: unknown, memory: Memory, now: number, newId: () => string): Fact | null {
  const event = fields(raw);
  const rule = typeof event.type === 'string' && Object.hasOwn(TABLE, event.type) ? TABLE[event.type] : undefined;
  if (rule === undefined) return null;
  const properties = fields(event.properties);
  const info = fields(properties.info);
  const session = name(properties.sessionID) ?? name(info.sessionID);
  const body = rule({ properties, info, session, memory, now });
  if (body === null) return null;
  return { id: name(event.id) ?? newId(), time: new Date(now).toISOString(), session, ...body };
}

interface Seen {
  readonly properties: Fields;
  readonly info: Fields;
  readonly session: string | null;
  readonly memory: Memory;
  readonly now: number;
}

type Body = { readonly [T in EventType]: { readonly type: T; readonly data: EventData[T] } }[EventType];

const TABLE: Readonly<Record<string, (seen: Seen) => Body | null>> = {
  'session.created': (seen) => {
    learnSession(seen);
    return { type: 'session.created', data: sessionInfo(seen.info, seen.memory.titles, seen.now) };
  },

  'session.updated': (seen) => {
    const before = learnSession(seen);
    const data = sessionInfo(seen.info, seen.memory.titles, seen.now);
    const message = name(fields(seen.info.revert).messageID);
    if (message === null || message === before.revert) return { type: 'session.updated', data };
    return { type: 'session.reverted', data: { ...data, message } };
  },

  'session.deleted': ({ info, session, memory, now }) => {
    if (session !== null) memory.sessions.delete(session);
    return { type: 'session.deleted', data: sessionInfo(info, memory.titles, now) };
  },

  // A failed or aborted turn ends twice, with one message.updated in between.
  'session.idle': ({ session, memory }) => {
    const before = change(memory.sessions, session, { busy: false });
    return before.busy === false ? null : { type: 'session.idle', data: {} };
  },

  // OpenCode repeats busy before each step, and says idle beside session.idle.
  'session.status': ({ properties, session, memory }) => {
    const status = fields(properties.status);
    if (status.type === 'busy') {
      const before = change(memory.sessions, session, { busy: true });
      return before.busy === true ? null : { type: 'session.status', data: { status: 'busy' } };
    }
    if (status.type !== 'retry') return null;
    // The next busy says that the wait is over.
    change(memory.sessions, session, { busy: 'unknown' });
    const attempt = typeof status.attempt === 'number' ? status.attempt : 0;
    return { type: 'session.status', data: { status: 'retry', attempt, next_at: iso(status.next) } };
  },

  'session.compacted': () => ({ type: 'session.compacted', data: {} }),

  'session.error': ({ properties }) => ({ type: 'session.error', data: { error: errorInfo(properties.error) } }),

  'message.updated': ({ info, session, memory, now }) => {
    const known = session === null ? undefined : memory.sessions.get(session);
    const data = assistantMessage(info, known, memory.steps, now);
    return data && { type: 'message.updated', data };
  },

  'message.removed': ({ properties }) => {
    const message = name(properties.messageID);
    return message === null ? null : { type: 'message.removed', data: { message } };
  },

  'message.part.updated': ({ properties, memory }) => {
    recordStep(memory.steps, fields(properties.part));
    return null;
  },

  'permission.asked': ({ properties }) => ({
    type: 'permission.asked',
    data: { request: name(properties.id) ?? 'unknown', permission: name(properties.permission) ?? 'unknown' },
  }),

  'permission.replied': ({ properties }) => ({
    type: 'permission.replied',
    data: { request: name(properties.requestID) ?? 'unknown', reply: name(properties.reply) ?? 'unknown' },
  }),

  'question.asked': ({ properties, session, memory }) => {
    // No event says that it was answered, but the next busy does.
    change(memory.sessions, session, { busy: 'unknown' });
    const request = name(properties.id) ?? 'unknown';
    return { type: 'question.asked', data: { request, questions: list(properties.questions).length } };
  },

  'todo.updated': ({ properties }) => {
    const data = { pending: 0, in_progress: 0, completed: 0, cancelled: 0 };
    for (const todo of list(properties.todos)) {
      const { status } = fields(todo);
      if (typeof status === 'string' && Object.hasOwn(data, status)) data[status as keyof typeof data] += 1;
    }
    return { type: 'todo.updated', data };
  },

  'vcs.branch.updated': ({ properties, memory }) => {
    memory.branch = name(properties.branch);
    return null;
  },
};

function learnSession({ info, session, memory }: Seen) {
  memory.opencodeVersion = name(info.version) ?? memory.opencodeVersion;
  return learn(memory.sessions, session, info);
}

// What the plugin remembers of a session, because the events about its messages and turns do not say it again.

import type { SessionInfo } from './contract.ts';
import type { Bounded } from './bounded.ts';
import { fields, iso, name } from './field.ts';
import type { Fields } from './field.ts';

export interface Session {
  readonly parent: string | null;
  readonly createdAt: number | null;
  readonly revert: string | null;
  /** Unknown until the first status, as the plugin may be loaded in the middle of a turn, and while the session waits. */
  readonly busy: boolean | 'unknown';
}

export type Sessions = Bounded<string, Session>;

const STRANGER: Session = { parent: null, createdAt: null, revert: null, busy: 'unknown' };

export function change(sessions: Sessions, id: string | null, changes: Partial<Session>): Session {
  const before = (id !== null && sessions.get(id)) || STRANGER;
  if (id !== null) sessions.set(id, { ...before, ...changes });
  return before;
}

/** Remembers the session and returns what was known before. */
export function learn(sessions: Sessions, id: string | null, info: Fields): Session {
  const createdAt = fields(info.time).created;
  return change(sessions, id, {
    parent: name(info.parentID),
    createdAt: typeof createdAt === 'number' ? createdAt : null,
    revert: name(fields(info.revert).messageID),
  });
}

export function sessionInfo(info: Fields, titles: boolean, now: number): SessionInfo {
  return {
    parent: name(info.parentID),
    created_at: iso(fields(info.time).created) ?? new Date(now).toISOString(),
    title: titles ? name(info.title) : null,
  };
}

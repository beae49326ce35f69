// A message, with the names and values of Gas Town (internal/mail/types.go of steveyegge/gastown).
import type { Address } from './address.ts';

/** The most urgent first, as a town's beads number them. */
export const PRIORITIES = ['urgent', 'high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];
export const TYPES = ['task', 'escalation', 'scavenge', 'notification', 'reply'] as const;

/** What whoever sends it says. */
export interface Draft {
  readonly to: Address;
  readonly cc: readonly Address[];
  readonly from: string;
  readonly subject: string;
  readonly body: string;
  readonly priority: Priority;
  readonly type: (typeof TYPES)[number] | null;
  readonly thread: string | null;
  readonly replyTo: string | null;
}

/** As it lies in the log and leaves the relay. */
export interface Message {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly cc?: readonly string[];
  readonly subject: string;
  readonly body: string;
  readonly priority: Priority;
  readonly type: (typeof TYPES)[number];
  readonly thread_id: string;
  readonly reply_to?: string;
}

/** The data of `mail.sent`: `recipients` are the mailboxes it lies in, groups taken apart; `by` is the token that sent it. */
export interface Sent extends Message {
  readonly recipients: readonly string[];
  readonly by: string;
}

/** `thread` is that of the message which it answers, where that is known. */
export function messageOf(
  draft: Draft,
  { id, thread }: { readonly id: string; readonly thread: string | null },
): Message {
  const { from, to, cc, subject, body, priority, replyTo } = draft;
  return {
    id,
    from,
    to,
    ...(cc.length === 0 ? {} : { cc }),
    subject,
    body,
    priority,
    type: draft.type ?? (replyTo === null ? 'notification' : 'reply'),
    thread_id: draft.thread ?? thread ?? replyTo ?? id,
    ...(replyTo === null ? {} : { reply_to: replyTo }),
  };
}

export function rankOf(priority: Priority): number {
  return PRIORITIES.indexOf(priority);
}

/** The key is what the sender repeats itself by, the fingerprint what stands for the message under it. */
export interface Once {
  readonly key: string;
  readonly fingerprint: string;
}

/** How a copy of a message is marked in a mailbox. */
export type Mark = 'read' | 'unread';

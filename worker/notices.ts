// What mail waits for a source, for the answer to its batch: from memory, and with nothing unread anywhere without a look at any
// mailbox. What changes a mailbox says so here.
import type { MailWaiting } from '../plugin/contract.ts';
import type { LoggedEvent, PackedBatch } from './event/event.ts';
import { addressesOf } from './mail/identity.ts';
import type { Database } from './store/database.ts';
import { anyUnread, countWaiting, type Waiting } from './store/mail-lease.ts';

interface Parts {
  readonly db: Database;
  readonly now: () => number;
}

const MAX_KEPT = 2_000;

export class Notices {
  readonly #parts: Parts;
  readonly #waiting = new Map<string, Waiting>();
  #unread: ReturnType<typeof anyUnread> | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** To be called in the turn in which a mailbox changes. */
  changed(): void {
    this.#waiting.clear();
    this.#unread = null;
  }

  /** Null where nothing waits. */
  noticeFor({ source, events }: PackedBatch): MailWaiting | null {
    this.#unread ??= anyUnread(this.#parts.db);
    if (!this.#unread.any) return null;
    const sessions = this.#unread.ofSessions ? sessionsOf(events) : [];
    const { unread, urgent } = this.#waitingAt([...addressesOf(source), ...sessions]);
    return unread === 0 ? null : { unread, urgent };
  }

  #waitingAt(addresses: readonly string[]): Waiting {
    const { db, now } = this.#parts;
    // No address has a comma.
    const key = addresses.join(',');
    const held = this.#waiting.get(key);
    if (held !== undefined && now() < held.until) return held;
    if (this.#waiting.size >= MAX_KEPT) this.#waiting.clear();
    const waiting = countWaiting(db, addresses, now());
    this.#waiting.set(key, waiting);
    return waiting;
  }
}

function sessionsOf(events: string): string[] {
  const sessions = (JSON.parse(events) as LoggedEvent[]).map(({ session }) => session);
  return [...new Set(sessions)].flatMap((session) => (session === null ? [] : `session:${session}`));
}

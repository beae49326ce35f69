// Sends what waits, in order and one request at a time: first this process's own events, then what others left behind.
// It owns its timer and its only promise, so nothing it does can reject into OpenCode or keep the process running.

import { CONTRACT_VERSION } from './contract.ts';
import type { Rejection } from './contract.ts';
import type { Answer } from './answer.ts';
import { backoffMs } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { Fields } from './field.ts';
import type { Window } from './journal.ts';
import { BATCH_EVENTS, GATHER_MS, HUNG_GRACE_MS, REQUEST_MS } from './limits.ts';
import type { Log } from './log.ts';
import type { Post } from './post.ts';
import type { SetAside } from './rejected.ts';
import type { Queue } from './spool.ts';

interface Parts {
  readonly own: Queue;
  /** The next spool of a dead process, or null when there is none at the moment. */
  readonly inherit: () => Queue | null;
  readonly post: Post;
  readonly setAside: SetAside;
  /** Takes what a receipt says beside of the batch. */
  readonly hear: (receipt: Fields) => void;
  readonly log: Log;
  readonly clock: Clock;
}

export class Sender {
  readonly #parts: Parts;
  #timer: (() => void) | null = null;
  #running: Promise<void> | null = null;
  #request: { readonly startedAt: number; readonly abort: AbortController } | null = null;
  #deadline: number | null = null;
  #failures = 0;
  /** The relay asked not to be called before. */
  #notBefore = 0;
  #batchEvents = BATCH_EVENTS;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Cheap enough for a hook: it sets a timer when there is none. */
  wake(afterMs = GATHER_MS): void {
    if (this.#timer !== null || this.#running !== null || this.#deadline !== null) return;
    this.#timer = this.#parts.clock.after(afterMs, () => {
      this.#timer = null;
      this.#run();
    });
  }

  /** Sends what is left until the deadline. Never rejects. */
  async close(deadline: number): Promise<void> {
    const { own, clock } = this.#parts;
    this.#deadline = deadline;
    this.#timer?.();
    this.#timer = null;
    const leftMs = deadline - clock.now();
    const isHung = this.#request !== null && clock.now() - this.#request.startedAt >= leftMs;
    const cancel = clock.after(isHung ? HUNG_GRACE_MS : leftMs, () => this.#request?.abort.abort());
    const failures = this.#failures;
    await this.#running;
    // A pending backoff is for a process that stays; a relay's own word is not, nor is a relay that does not answer.
    const isSilent = isHung && this.#failures > failures;
    if (own.pending > 0 && !isSilent && clock.now() < deadline && clock.now() >= this.#notBefore) {
      this.#run();
      await this.#running;
    }
    cancel();
  }

  #run(): void {
    this.#running = this.#drainSafely();
  }

  /** Never rejects: a bug is one more reason to try again later. */
  async #drainSafely(): Promise<void> {
    let waitMs: number | null;
    try {
      waitMs = await this.#drain();
    } catch (error) {
      this.#parts.log('error', `sending met a bug: ${String(error)}`);
      waitMs = this.#fail('later', null);
    }
    this.#running = null;
    if (waitMs !== null) this.wake(waitMs);
    else if (this.#parts.own.pending > 0) this.wake();
  }

  /** Returns how long to wait before the next try, or null when nothing is left. */
  async #drain(): Promise<number | null> {
    const { own, inherit } = this.#parts;
    for (;;) {
      const isClosing = this.#deadline !== null;
      if (isClosing && this.#parts.clock.now() >= (this.#deadline ?? 0)) return null;
      const queue = own.pending > 0 || isClosing ? own : inherit();
      const window = queue?.next(this.#batchEvents);
      if (!queue || !window) {
        if (queue === own && own.pending > 0) continue;
        if (queue === null || isClosing) return null;
        continue;
      }
      const answer = await this.#send(queue, window);
      // What another process left behind may be of another project.
      if (answer.kind === 'stored' && queue === own) this.#parts.hear(answer.receipt);
      const waitMs = this.#settle(window, answer);
      if (waitMs !== null) return waitMs;
    }
  }

  async #send(queue: Queue, window: Window): Promise<Answer> {
    const { clock, post } = this.#parts;
    const abort = new AbortController();
    const limitMs = this.#deadline === null ? REQUEST_MS : Math.min(REQUEST_MS, this.#deadline - clock.now());
    const cancel = clock.after(limitMs, () => abort.abort());
    this.#request = { startedAt: clock.now(), abort };
    try {
      const batch = {
        version: CONTRACT_VERSION,
        source: window.source,
        sent_at: new Date(clock.now()).toISOString(),
        backlog: Math.max(0, queue.pending - window.events.length),
        events: window.events,
      } as const;
      return await post(batch, abort.signal);
    } finally {
      cancel();
      this.#request = null;
    }
  }

  /** Acts on an answer; returns how long to wait, or null to go on at once. */
  #settle(window: Window, answer: Answer): number | null {
    if (answer.kind === 'stored') return this.#stored(window, answer.rejected);
    // The one event that the relay chokes on is found in a few requests; the others are sent.
    if (answer.kind === 'unreadable' && window.events.length > 1) {
      this.#batchEvents = Math.ceil(window.events.length / 2);
      return null;
    }
    if (answer.kind === 'unreadable' && answer.isNamed)
      return this.#stored(window, [{ index: 0, detail: answer.detail }]);
    if (answer.kind !== 'later') {
      this.#parts.log('error', `${answer.detail}; check the options url and token; events are kept and sent later`);
      return this.#fail('refused', null);
    }
    // A short absence is nobody's business.
    if (this.#failures === LOUD_FAILURES) this.#parts.log('warn', `${answer.detail}; events are kept and sent later`);
    return this.#fail('later', answer.afterMs);
  }

  #stored(window: Window, rejected: readonly Rejection[]): null {
    for (const { index, detail } of rejected) this.#setAside(window, index, detail);
    window.finish();
    this.#failures = 0;
    this.#batchEvents = Math.min(BATCH_EVENTS, this.#batchEvents * 2);
    return null;
  }

  #fail(kind: 'refused' | 'later', afterMs: number | null): number {
    this.#failures += 1;
    if (afterMs !== null) this.#notBefore = this.#parts.clock.now() + afterMs;
    return afterMs ?? backoffMs(kind, this.#failures, this.#parts.clock.random());
  }

  #setAside(window: Window, index: number, detail: string): void {
    const event = window.events[index];
    if (event === undefined) return;
    this.#parts.setAside(window.source.id, event, detail);
    this.#parts.log('warn', `the relay rejected a ${event.type} event: ${detail}`);
  }
}

/** Five failures in a row are half a minute. */
const LOUD_FAILURES = 4;

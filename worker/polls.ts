// Long polls: a page without events is not answered at once but when the log has grown by something that was asked for, or when
// the reader's patience is over.
import { refuse, type Refusal } from './api/problem.ts';
import { FULL_S } from './live.ts';
import { fail, type Result } from './result.ts';
import type { LogPage } from './store/log.ts';

/** Each keeps a request open: so many for a team, whoever they are. */
const MAX_WAITING = 100;

export class Polls {
  readonly #waiting = new Set<() => void>();

  /** `look` reads on from a position. It is asked anew each time, since its token may be revoked meanwhile. */
  async page<P extends LogPage>(
    after: number,
    waitMs: number,
    look: (after: number) => Result<P, Refusal>,
  ): Promise<Result<P, Refusal>> {
    const deadline = Date.now() + waitMs;
    for (let from = after; ;) {
      const page = look(from);
      if (!page.ok || page.value.where === 'archive' || page.value.events.length > 0) return page;
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) return page;
      from = page.value.upTo;
      if (from < page.value.head) {
        // One look goes no further than is fair to the others.
        await scheduler.wait(0);
        continue;
      }
      if (this.#waiting.size >= MAX_WAITING) {
        const detail = `${MAX_WAITING} requests wait for events already: ask again later`;
        return fail(refuse('followers-full', detail, FULL_S));
      }
      await this.#woken(leftMs);
    }
  }

  /** The log may have grown, or somebody's token may be gone. */
  wake(): void {
    for (const go of this.#waiting) go();
  }

  #woken(mostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        this.#waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, mostMs);
      this.#waiting.add(go);
    });
  }
}

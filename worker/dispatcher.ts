// Runs the drain loops of a team's endpoints, at most one each, and keeps the object's one alarm armed for what is due later.
// A slow endpoint's loop waits alone: nobody awaits it but itself. Chores are run in the same way.
import type { Chore } from './chore.ts';
import { drain } from './delivery/drain.ts';
import type { Attempt } from './delivery/outcome.ts';
import { longestMs } from './delivery/send.ts';
import { mannerOf } from './delivery/settings.ts';
import type { Database } from './store/database.ts';
import { dueTimes, recordWindow, takeWindow, type Clock, type Window } from './store/delivery.ts';
import { postpone } from './store/endpoints.ts';
import { clearFailure, noteFailure } from './store/failures.ts';
import { recordFault } from './store/health.ts';
import type { Samples } from './store/pace.ts';

export interface Dispatch {
  readonly db: Database;
  readonly team: () => string;
  readonly deliver: (window: Window) => Promise<readonly Attempt[]>;
  readonly alarm: Pick<DurableObjectStorage, 'getAlarm' | 'setAlarm'>;
  readonly clock: Clock;
  readonly chores: readonly Chore[];
  /** For those who read on by themselves: the log may have grown. */
  readonly grown: () => void;
  /** What is done at once when its time has come, told until when what is being sent to each endpoint may take. */
  readonly watch: { readonly due: () => number; readonly run: (underWay: ReadonlyMap<string, number>) => void };
}

/** A loop that can be started, by the id of its endpoint or the name of its chore. */
interface Task {
  readonly id: string;
  readonly due: number;
  readonly run: () => Promise<void>;
}

/** While loops run the alarm stands this far ahead: it is what starts them again after a crash. */
const BACKSTOP_MS = 30_000;
/** An alarm may be a minute late when its object moves; the platform gives one up that has failed six times. */
const LOST_MS = 5 * 60_000;
/** A chore that fails is tried again after 30 s, then after twice as long each time, up to an hour. */
const MAX_PAUSE_MS = 3_600_000;

export class Dispatcher {
  readonly #running = new Set<string>();
  readonly #paused = new Map<string, { readonly until: number; readonly forMs: number }>();
  readonly #underWay = new Map<string, number>();
  readonly #samples: Samples = new Map();
  readonly #dispatch: Dispatch;
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(dispatch: Dispatch) {
    this.#dispatch = dispatch;
  }

  /** After a start: what the alarm was armed for before it. */
  async restore(): Promise<void> {
    this.#armedFor = (await this.#dispatch.alarm.getAlarm()) ?? Number.POSITIVE_INFINITY;
  }

  /** The alarm has fired: whatever it stood for is looked at again. */
  async alarm(): Promise<void> {
    this.#armedFor = Number.POSITIVE_INFINITY;
    try {
      this.#dispatch.watch.run(this.#underWay);
    } finally {
      await this.wake();
    }
  }

  /** Starts the loops of the endpoints and the chores that have something to do and arms the alarm for the others. */
  async wake(): Promise<void> {
    const { clock, watch, grown } = this.#dispatch;
    grown();
    const now = clock.now();
    let next = watch.due();
    for (const { id, due, run } of this.#tasks()) {
      // A running loop sees for itself what came meanwhile; to start it again would be to deliver everything twice.
      if (due <= now && !this.#running.has(id)) this.#start(id, run);
      next = Math.min(next, this.#running.has(id) ? now + BACKSTOP_MS : due);
    }
    if (next < Number.POSITIVE_INFINITY) await this.#arm(next);
  }

  #tasks(): Task[] {
    const { db, chores } = this.#dispatch;
    const drains = dueTimes(db).map(({ id, due }) => ({ id, due, run: () => this.#drain(id) }));
    const others = chores.map((chore) => {
      const due = Math.max(chore.due(), this.#paused.get(chore.name)?.until ?? 0);
      return { id: chore.name, due, run: () => this.#perform(chore) };
    });
    return [...drains, ...others];
  }

  #start(id: string, run: Task['run']): void {
    this.#running.add(id);
    void this.#run(id, run);
  }

  async #run(id: string, run: Task['run']): Promise<void> {
    try {
      // The answer to whoever brought the events goes first.
      await scheduler.wait(0);
      await run();
    } finally {
      this.#running.delete(id);
    }
    // An event that came between the last look and the end of the loop found it running.
    await this.wake();
  }

  async #drain(id: string): Promise<void> {
    const { db, team, deliver, clock } = this.#dispatch;
    try {
      await drain<Window>({
        take: () => takeWindow(db, team(), id, clock.now()),
        send: (window) => {
          this.#underWay.set(id, clock.now() + longestMs(mannerOf(window.endpoint.settings)));
          return deliver(window);
        },
        record: (window, attempts) => recordWindow(db, window, attempts, { ...clock, samples: this.#samples }),
        pause: () => scheduler.wait(0),
      });
    } catch (error) {
      // Ours, not the receiver's: no attempt is charged, the cursor stands, and the reason can be read at the endpoint.
      const detail = error instanceof Error ? error.message : String(error);
      const now = clock.now();
      postpone(db, id, `the relay could not deliver: ${detail}`, now + BACKSTOP_MS);
      recordFault(db, id, now);
    } finally {
      this.#underWay.delete(id);
    }
  }

  async #perform({ name, run }: Chore): Promise<void> {
    const { db, clock } = this.#dispatch;
    try {
      await run();
      this.#paused.delete(name);
      clearFailure(db, name);
    } catch (error) {
      const at = clock.now();
      const forMs = Math.min((this.#paused.get(name)?.forMs ?? BACKSTOP_MS / 2) * 2, MAX_PAUSE_MS);
      this.#paused.set(name, { until: at + forMs, forMs });
      noteFailure(db, name, { at, reason: error instanceof Error ? error.message : String(error) });
    }
  }

  /** `setAlarm` overwrites: it is only ever moved to an earlier time, unless the one before is long overdue and was lost. */
  async #arm(at: number): Promise<void> {
    const isLost = this.#armedFor < this.#dispatch.clock.now() - LOST_MS;
    if (at >= this.#armedFor && !isLost) return;
    this.#armedFor = at;
    await this.#dispatch.alarm.setAlarm(at);
  }
}

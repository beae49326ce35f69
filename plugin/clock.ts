// Time and chance as the plugin uses them, in one place so that tests can drive them.

export interface Clock {
  readonly now: () => number;
  readonly random: () => number;
  /** Runs something later and returns how to take it back. It never keeps the process alive, and never throws into it. */
  readonly after: (ms: number, run: () => void) => () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(ms, run) {
    const timer = setTimeout(() => {
      try {
        run();
      } catch {
        // A throw from a timer would end the whole process; whatever is waiting is retried by the next tick.
      }
    }, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

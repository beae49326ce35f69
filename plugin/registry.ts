// What all copies of the plugin inside one process share, since OpenCode may load it twice (from a folder and from the
// configuration), and loads it for each of its instances: one a directory, but two under `opencode acp`.

export interface Registry {
  /** What OpenCode's instances with a plugin at work gave to it: to all copies of it the same object. */
  readonly inputs: WeakSet<object>;
  /** Sources that this process sends, its own and inherited ones. */
  readonly sources: Set<string>;
  /** Ways to end each plugin at work in time, for a process that is about to be ended. */
  readonly endings: Set<() => Promise<void>>;
  /** Whether the signal handler is in place. */
  listening: boolean;
}

const KEY = Symbol.for('gasline.registry');

export function registry(): Registry {
  const shared = globalThis as { [KEY]?: Registry };
  return (shared[KEY] ??= { inputs: new WeakSet(), sources: new Set(), endings: new Set(), listening: false });
}

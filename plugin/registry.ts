// What all copies of the plugin inside one process share, since OpenCode may load it twice (from a folder and from the
// configuration) and loads it once per directory.

export interface Registry {
  /** Directories with a plugin at work. */
  readonly directories: Set<string>;
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
  return (shared[KEY] ??= { directories: new Set(), sources: new Set(), endings: new Set(), listening: false });
}

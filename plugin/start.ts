// Starts the plugin for one directory, whichever OpenCode asked for it. Never throws: a plugin that cannot start costs
// OpenCode nothing but a line in its log.

import { randomUUID } from 'node:crypto';
import { isMainThread } from 'node:worker_threads';

import { systemClock } from './clock.ts';
import { configure } from './configure.ts';
import { open } from './instance.ts';
import type { Instance } from './instance.ts';
import type { Screen } from './log.ts';
import { registry } from './registry.ts';
import { flushOnTerminate, isServe } from './signal.ts';
import { describeSource } from './source.ts';

interface Place {
  /** What OpenCode gave to the plugin. */
  readonly input: object;
  readonly directory: string;
  readonly projectId: unknown;
  readonly options: unknown;
}

/** Null when the plugin is not configured, wrongly configured, or at work in this instance of OpenCode already. */
export function start({ input, directory, projectId, options }: Place, { log, show }: Screen): Instance | null {
  try {
    const configured = configure(options, process.env);
    if (configured.kind === 'off') return null;
    if (configured.kind === 'invalid') {
      log('error', `gasline is off: ${configured.problem}`);
      return null;
    }
    for (const warning of configured.warnings) log('warn', warning);
    const shared = registry();
    if (shared.inputs.has(input)) {
      log('warn', 'gasline is loaded twice for this folder');
      return null;
    }
    const { configuration } = configured;
    const source = describeSource(configuration.member, directory, projectId, process.env);
    const instance = open({ configuration, source, shared, log, show, clock: systemClock, newId });
    shared.inputs.add(input);
    if (isServe(process.argv, isMainThread)) flushOnTerminate(shared);
    return instance;
  } catch (error) {
    log('error', `gasline is off: ${String(error)}`);
    return null;
  }
}

function newId(): string {
  return `gl_${randomUUID()}`;
}

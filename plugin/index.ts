// Gasline's OpenCode plugin. It has one export, because OpenCode's older loader calls each exported function as a plugin.

import { randomUUID } from 'node:crypto';
import { isMainThread } from 'node:worker_threads';

import type { Hooks, PluginInput, PluginOptions } from '@opencode-ai/plugin';

import { systemClock } from './clock.ts';
import { configure } from './configure.ts';
import { open } from './instance.ts';
import { openLog } from './log.ts';
import { setup } from './opencode2.ts';
import { registry } from './registry.ts';
import { flushOnTerminate, isServe } from './signal.ts';
import { describeSource } from './source.ts';

/** Never rejects and never throws: a plugin that fails to start costs OpenCode nothing but a line in its log. */
async function server(input: PluginInput, options?: PluginOptions): Promise<Hooks> {
  const log = openLog(input?.client);
  try {
    const configured = configure(options, process.env);
    if (configured.kind === 'off') return {};
    if (configured.kind === 'invalid') {
      log('error', `gasline is off: ${configured.problem}`);
      return {};
    }
    for (const warning of configured.warnings) log('warn', warning);
    const shared = registry();
    if (shared.directories.has(input.directory)) {
      log('warn', 'gasline is configured twice for this folder: the second one does nothing');
      return {};
    }
    const { configuration } = configured;
    const source = describeSource(configuration.member, input.directory, input.project?.id, process.env);
    const newId = (): string => `gl_${randomUUID()}`;
    const { record, end } = open({ configuration, source, shared, log, clock: systemClock, newId });
    shared.directories.add(input.directory);
    if (isServe(process.argv, isMainThread)) flushOnTerminate(shared);
    return {
      // The hook's type wants a promise; a settled one costs nothing and cannot reject.
      event: ({ event }) => {
        record(event);
        return SETTLED;
      },
      dispose: () => {
        // At once, not when it is done: OpenCode may start the next instance while this one still drains.
        shared.directories.delete(input.directory);
        return end();
      },
    };
  } catch (error) {
    log('error', `gasline is off: ${String(error)}`);
    return {};
  }
}

const SETTLED = Promise.resolve();

export default { id: 'gasline', server, setup };

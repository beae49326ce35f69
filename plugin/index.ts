// Gasline's OpenCode plugin. It has one export, because OpenCode's older loader calls each exported function as a plugin.

import type { Hooks, PluginInput, PluginOptions } from '@opencode-ai/plugin';

import { openScreen } from './log.ts';
import { setup } from './opencode2.ts';
import { start } from './start.ts';

async function server(input: PluginInput, options?: PluginOptions): Promise<Hooks> {
  const { client, directory, project } = input;
  const instance = start({ directory, projectId: project?.id, options }, openScreen(client));
  if (instance === null) return {};
  return {
    // The hook's type wants a promise; a settled one costs nothing and cannot reject.
    event: ({ event }) => {
      instance.record(event);
      return SETTLED;
    },
    // Where this rejects, OpenCode calls no model, ends the turn and shows why.
    'chat.params': async () => instance.admit(),
    dispose: instance.end,
  };
}

const SETTLED = Promise.resolve();

export default { id: 'gasline', server, setup };

// Gasline's OpenCode plugin. It has one export, because OpenCode's older loader calls each exported function as a plugin.

import type { Hooks, PluginInput, PluginOptions } from '@opencode-ai/plugin';

import { openScreen } from './log.ts';
import { start } from './start.ts';

async function server(input: PluginInput, options?: PluginOptions): Promise<Hooks> {
  const { client, directory, project } = input;
  const screen = openScreen(client);
  const instance = start({ input, directory, projectId: project?.id, options }, screen);
  if (instance === null) return {};
  const hooks = {
    // The hook's type wants a promise; a settled one costs nothing and cannot reject.
    event: ({ event }: { event: unknown }) => {
      instance.record(event);
      return SETTLED;
    },
    // Where this rejects, OpenCode calls no model, ends the turn and shows why.
    'chat.params': async () => instance.admit(),
    dispose: instance.end,
  };
  if (instance.given === null) return hooks;
  try {
    const { open } = await import('./mail/open.ts');
    return open(hooks, instance.given, client);
  } catch (error) {
    screen.log('error', `gasline has no mail: ${String(error)}`);
    return hooks;
  }
}

const SETTLED = Promise.resolve();

/** For OpenCode 2, of which the others load nothing but this. */
async function setup(context: unknown) {
  const { open } = await import('./opencode2.ts');
  return open(context, start);
}

export default { id: 'gasline', server, setup };

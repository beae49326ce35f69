// A process of its own with the plugin in it: `node child.ts <url> <token> <directory> <events> online|offline run|serve`.

import plugin from '../../plugin/index.ts';

const [url = '', token = '', directory = '', events = '0', network] = process.argv.slice(2);
if (network === 'offline') globalThis.fetch = () => Promise.reject(new Error('offline'));

const input = {
  client: { app: { log: () => Promise.resolve() } },
  project: { id: 'root-commit' },
  directory,
  worktree: directory,
};
const hooks = await plugin.server(input as never, { url, token });
for (let i = 1; i <= Number(events); i += 1) {
  const time = { created: Date.now(), completed: Date.now() };
  const info = { id: `m${i}`, role: 'assistant', sessionID: 's1', modelID: 'm', providerID: 'p', cost: 0.001, time };
  void hooks.event?.({
    event: { id: `evt_${i}`, type: 'message.updated', properties: { sessionID: 's1', info } } as never,
  });
}
process.stdout.write('ready\n');
setInterval(() => {}, 1000);

// An OpenCode plugin that writes each event as OpenCode announced it, before anything else happens: the tests' witness.
// It is loaded by the OpenCode binary itself, beside our plugin.

import { appendFileSync } from 'node:fs';

interface Options {
  readonly file: string;
}

async function server(_input: unknown, { file }: Options): Promise<object> {
  const write = (line: object): void => appendFileSync(file, `${JSON.stringify(line)}\n`);
  write({ type: 'tracer.started', pid: process.pid, at: Date.now() });
  return {
    event: ({ event }: { event: { type: string } }): void => {
      // Streaming pieces and the catalogue are most of the bytes and none of the story.
      if (!/\.(delta|added)$/.test(event.type)) write({ ...event, pid: process.pid, at: Date.now() });
    },
    dispose: async (): Promise<void> => write({ type: 'tracer.disposed', pid: process.pid, at: Date.now() }),
  };
}

export default { id: 'tracer', server };

// The entry for OpenCode 2, whose events come through `ctx.event.subscribe` with their payload in `data`.
// UNPROVEN: written after its documented shapes; no OpenCode 2 could be run against it. OpenCode 1.18 calls `setup` too, with
// a context that has no events: there it returns and leaves the work to `server`.

import { fields } from './field.ts';
import { openScreen } from './log.ts';
import type { Client } from './log.ts';
import type { start as Start } from './start.ts';

/** Returns what OpenCode calls to end the plugin, or nothing where there is nothing to end. */
export async function open(context: unknown, start: typeof Start): Promise<(() => Promise<void>) | undefined> {
  const { event, options, directory, project, client } = fields(context);
  const { subscribe } = fields(event);
  if (typeof subscribe !== 'function') return undefined;
  const place = {
    input: context as object,
    directory: typeof directory === 'string' ? directory : process.cwd(),
    projectId: fields(project).id,
    options,
  };
  const screen = openScreen(client as Client | undefined);
  const instance = start(place, screen);
  if (instance === null) return undefined;
  const abort = new AbortController();
  read(() => subscribe.call(event, { signal: abort.signal }), instance.record).catch((error: unknown) => {
    if (!abort.signal.aborted) screen.log('error', `reading met a bug: ${String(error)}`);
  });
  return () => {
    abort.abort();
    return instance.end();
  };
}

async function read(subscribe: () => unknown, record: (raw: unknown) => void): Promise<void> {
  const events = (await subscribe()) as AsyncIterable<unknown>;
  for await (const event of events) record(translate(event));
}

/** One event of OpenCode 2 in the shape that OpenCode 1 would have given it; the rest of the way is the same. */
function translate(raw: unknown): unknown {
  const { id, type, data } = fields(raw);
  const properties = fields(data);
  switch (type) {
    case 'session.execution.started':
      return { id, type: 'session.status', properties: { ...properties, status: { type: 'busy' } } };
    case 'session.execution.succeeded':
    case 'session.execution.interrupted':
      return { id, type: 'session.idle', properties };
    case 'session.execution.failed':
      return { id, type: 'session.error', properties };
    default:
      return { id, type, properties };
  }
}

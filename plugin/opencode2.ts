// The entry for OpenCode 2, whose events come through `ctx.event.subscribe` with their payload in `data`.
// UNPROVEN: written after its documented shapes; no OpenCode 2 could be run against it. OpenCode 1.18 calls `setup` too, with
// a context that has no events: there it returns and leaves the work to `server`.

import { fields } from './field.ts';

/** One event of OpenCode 2 in the shape that OpenCode 1 would have given it. */
export function translate(raw: unknown): unknown {
  const event = fields(raw);
  const data = fields(event.data);
  const type = typeof event.type === 'string' ? event.type : '';
  const renamed = Object.hasOwn(EXECUTION, type) ? EXECUTION[type] : undefined;
  return { id: event.id, type: renamed?.type ?? type, properties: { ...data, ...renamed?.properties } };
}

const EXECUTION: Readonly<Record<string, { readonly type: string; readonly properties?: object }>> = {
  'session.execution.started': { type: 'session.status', properties: { status: { type: 'busy' } } },
  'session.execution.succeeded': { type: 'session.idle' },
  'session.execution.interrupted': { type: 'session.idle' },
  'session.execution.failed': { type: 'session.error' },
};

export async function setup(context: unknown): Promise<undefined> {
  const { subscribe } = fields(fields(context).event);
  if (typeof subscribe !== 'function') return undefined;
  return undefined;
}

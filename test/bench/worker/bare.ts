// The baselines: the least that any Worker does to take JSON, and to send it on.
import type { Context } from 'hono';

import type { FetchOrder } from '../order.ts';

/** Parses the body and answers, with no token, check or storage. */
export async function bareJson(c: Context): Promise<Response> {
  const { events } = await c.req.json<{ events: readonly unknown[] }>();
  return c.json({ accepted: events.length }, 202);
}

/** POSTs each body with plain `fetch`: no signature, no deadline, no record. */
export async function bareFetch(c: Context): Promise<Response> {
  const { url, concurrency, bodies } = await c.req.json<FetchOrder>();
  let next = 0;
  async function lane(): Promise<void> {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      await response.text();
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane));
  return c.json({ sent: bodies.length });
}

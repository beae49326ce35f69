// The baselines: the least that any Worker does to take JSON, and to send it on.
import type { Context } from 'hono';

import { readJson } from '../../../worker/api/body.ts';
import type { Api } from '../../../worker/api/context.ts';
import { teamOf } from '../../../worker/api/team.ts';
import { pack } from '../../../worker/event/event.ts';
import { parseBatch } from '../../../worker/event/parse.ts';
import type { FetchOrder } from '../order.ts';
import type { CountingTeam } from './team.ts';

/** Parses the body and answers, with no token, check or storage. */
export async function bareJson(c: Context): Promise<Response> {
  const { events } = await c.req.json<{ events: readonly unknown[] }>();
  return c.json({ accepted: events.length }, 202);
}

/** All that is asked of `POST /v1/events` but the ledger: the token, strict JSON, each event checked, the batch in a row of the log. */
export async function bareLog(c: Context<Api>): Promise<Response> {
  const body = await readJson(c);
  const parsed = body.ok ? parseBatch(body.value, { now: Date.now(), maxUsd: 1_000 }) : body;
  if (!parsed.ok) throw new Error('the bench sends what the door takes');
  const team = teamOf(c) as unknown as DurableObjectStub<CountingTeam>;
  return c.json({ accepted: await team.keep(pack(parsed.value.batch)) }, 202);
}

/** POSTs each body with plain `fetch`: no signature, no deadline, no record. */
export function bareFetch(c: Context): Promise<Response> {
  return sendAll(c, (body) => ({ headers: JSON_TYPE, body }));
}

/** The same loop with what no delivery may be without: our headers, a signature, a deadline, no redirect followed. */
export async function signedFetch(c: Context): Promise<Response> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', crypto.getRandomValues(new Uint8Array(32)), algorithm, false, [
    'sign',
  ]);
  return sendAll(c, async (body, index) => {
    const [id, timestamp] = [`team-${index}`, Math.floor(Date.now() / 1_000).toString()];
    const mac = await crypto.subtle.sign('HMAC', key, encoder.encode(`${id}.${timestamp}.${body}`));
    return {
      headers: {
        ...JSON_TYPE,
        'user-agent': 'Gasline/0.1',
        'gasline-hops': '1',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${btoa(String.fromCharCode(...new Uint8Array(mac)))}`,
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(15_000),
    };
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };
const encoder = new TextEncoder();

async function sendAll(
  c: Context,
  write: (body: string, index: number) => RequestInit | Promise<RequestInit>,
): Promise<Response> {
  const { url, concurrency, bodies } = await c.req.json<FetchOrder>();
  let next = 0;
  async function lane(): Promise<void> {
    while (next < bodies.length) {
      const index = next++;
      const response = await fetch(url, { method: 'POST', ...(await write(bodies[index] ?? '', index)) });
      await response.text();
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane));
  return c.json({ sent: bodies.length });
}

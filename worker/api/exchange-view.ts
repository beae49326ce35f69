// What went over the wire, as whoever asks may see it: the whole URL, and with it a command that repeats the request, is for an admin.
import type { Context } from 'hono';

import { curlOf } from '../delivery/curl.ts';
import type { Exchange, Kept } from '../delivery/exchange.ts';
import { placeOf } from '../destination/address.ts';
import { destinations } from '../destination/destinations.ts';
import { keyringOf } from '../env.ts';
import { outgoing } from '../event/event.ts';
import { exampleOf } from '../event/example.ts';
import type { PushEndpoint } from '../store/endpoints.ts';
import { openUrl } from '../target.ts';
import type { Api } from './context.ts';

interface Traced {
  readonly exchange: Exchange | null;
  readonly status: number | null;
  /** The text of the event, for a request that was nothing else; null where nobody has it any more. */
  readonly event: string | null;
}

export async function showExchange(c: Context<Api>, endpoint: PushEndpoint, { exchange, status, event }: Traced) {
  if (exchange === null) return { request: null, response: null, curl: null };
  const { to, request, response } = exchange;
  const url = c.var.credential.scope === 'admin' ? await addressOf(c, endpoint, to) : null;
  const sent = { method: 'POST', url: url ?? to, ...show({ ...request, body: request.body ?? event }) };
  const isHttp = destinations[endpoint.kind].carrier === undefined;
  const curl =
    url !== null && isHttp && sent.whole ? curlOf({ url, headers: sent.headers, body: sent.body ?? '' }) : null;
  return { request: sent, response: response === null ? null : { status, ...show(response) }, curl };
}

/** Without it the body is gone, or is not what it was. */
function show({ headers, body, partial }: Kept) {
  return { headers, body, whole: partial !== true && body !== null };
}

/** Where the endpoint's requests go; null where that is elsewhere since, or sealed for good. It is the same for all events. */
async function addressOf(c: Context<Api>, { id, kind, url: sealed }: PushEndpoint, to: string): Promise<string | null> {
  const opened = await openUrl({ id, url: sealed }, keyringOf(c.env)).catch(() => null);
  if (opened === null || placeOf(opened) !== to) return null;
  const event = outgoing(exampleOf('endpoint.test', { id, at: 0 }));
  const { url } = await destinations[kind].render(
    { event, url: opened, endpoint: id, keys: [], format: 'standard' },
    0,
  );
  return url;
}

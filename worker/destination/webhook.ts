// A signed webhook as the Standard Webhooks specification has it: the event as it stands in the API, POSTed as JSON.
import type { PublicEvent } from '../event/event.ts';
import { THROTTLES } from '../delivery/outcome.ts';
import { retryAfterMs } from '../delivery/schedule.ts';
import { signatureHeaders } from '../delivery/sign.ts';
import type { Answer, Destination } from './destination.ts';

/** An attempt keeps no more of it: a hostile receiver would have us store whole headers. */
const MAX_LOCATION = 200;

export const webhook: Destination = {
  signs: true,
  saysSpent: false,
  events: ['*'],
  hosts: null,
  faultOf: () => null,
  wants: () => true,

  async render({ event, url, keys }, now) {
    const signature = await signatureHeaders({ id: event.id, body: event.json }, keys, now);
    return { url, headers: { 'content-type': 'application/json', ...signature }, body: event.json };
  },

  /** As one message, so that a receiver may tell it from an event by its type: a batch of one is a batch too. */
  async renderBatch({ events, url, keys }, now) {
    // Of the same events it is the same message, whenever and after whatever failure it is sent.
    const id = `batch_${await digest(events.map((event) => event.id).join(' '))}`;
    const { timestamp } = JSON.parse(events.at(-1)?.json ?? '{}') as PublicEvent;
    const list = events.map(({ json }) => json).join(',');
    const body = `{"type":"events.batch","timestamp":${JSON.stringify(timestamp)},"data":{"events":[${list}]}}`;
    const signature = await signatureHeaders({ id, body }, keys, now);
    return { url, headers: { 'content-type': 'application/json', ...signature }, body };
  },

  classify(answer, now) {
    const { status, headers } = answer;
    // Svix, "Delivery Control": what the receiver wishes of us, whatever the status.
    const wish = headers.get('webhook-delivery')?.trim().toLowerCase();
    if (status >= 200 && status < 300 && wish !== 'disable') return { kind: 'delivered', status };
    const detail = wish === 'disable' || wish === 'abort-message' ? `${describe(answer)} (${wish})` : describe(answer);
    // 410 means the receiver is gone for good; going on would only earn us a block.
    if (status === 410 || wish === 'disable') return { kind: 'gone', status, detail };
    if (wish === 'abort-message') return { kind: 'rejected', status, detail };
    const afterMs = THROTTLES.includes(status) ? retryAfterMs(headers.get('retry-after'), now) : null;
    return { kind: 'retry', status, detail, afterMs };
  },
};

async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return Array.from(bytes.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function describe({ status, headers, body }: Answer): string {
  // A redirect is never followed: the new address has not been vetted and a POST would arrive there as something else.
  if (status >= 300 && status < 400) {
    const location = headers.get('location')?.slice(0, MAX_LOCATION) ?? 'nowhere';
    return `answered ${status} to ${location}: not followed`;
  }
  const text = body.trim();
  return text === '' ? `answered ${status}` : `answered ${status}: ${text}`;
}

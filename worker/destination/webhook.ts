// A signed webhook as the Standard Webhooks specification has it: one event or a batch of them, POSTed as JSON.
import { THROTTLES } from '../delivery/outcome.ts';
import { retryAfterMs } from '../delivery/schedule.ts';
import { signatureHeaders } from '../delivery/sign.ts';
import { describe } from './describe.ts';
import type { Destination } from './destination.ts';
import { FORMS } from './forms.ts';

export const webhook: Destination = {
  signs: true,
  saysSpent: false,
  events: ['*'],
  hosts: null,
  faultOf: () => null,
  wants: () => true,

  async render({ event, url, keys, format }, now) {
    const { type, write } = FORMS[format].one;
    const body = write(event);
    const signature = await signatureHeaders({ id: event.id, body }, keys, now);
    const folded = event.folded === 0 ? {} : { 'gasline-folded': event.folded.toString() };
    return { url, headers: { 'content-type': type, ...folded, ...signature }, body };
  },

  async renderBatch({ events, url, keys, format }, now) {
    // Of the same events it is the same message, whenever and after whatever failure it is sent.
    const id = `batch_${await digest(events.map((event) => event.id).join(' '))}`;
    const { type, write } = FORMS[format].batch;
    const body = write(events);
    const signature = await signatureHeaders({ id, body }, keys, now);
    return { url, headers: { 'content-type': type, ...signature }, body };
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
    const afterMs = THROTTLES.includes(status) ? retryAfterMs(headers.get('retry-after') ?? null, now) : null;
    return { kind: 'retry', status, detail, afterMs };
  },
};

async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return Array.from(bytes.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

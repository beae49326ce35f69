// A signed webhook as the Standard Webhooks specification has it: the event as it stands in the API, POSTed as JSON.
import { retryAfterMs } from '../delivery/schedule.ts';
import { signatureHeaders } from '../delivery/sign.ts';
import { describe } from './describe.ts';
import type { Destination } from './destination.ts';

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

  classify(answer, now) {
    const { status } = answer;
    if (status >= 200 && status < 300) return { kind: 'delivered', status };
    const detail = describe(answer);
    // 410 means the receiver is gone for good; going on would only earn us a block.
    if (status === 410) return { kind: 'gone', status, detail };
    const throttled = status === 429 || status === 503;
    const afterMs = throttled ? retryAfterMs(answer.headers.get('retry-after'), now) : null;
    return { kind: 'retry', status, detail, afterMs };
  },
};

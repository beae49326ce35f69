// A signed webhook as the Standard Webhooks specification has it: the event as it stands in the API, POSTed as JSON. Or as a
// CloudEvent, signed in the same way.
import { retryAfterMs } from '../delivery/schedule.ts';
import type { Settings } from '../delivery/settings.ts';
import { signatureHeaders } from '../delivery/sign.ts';
import type { PublicEvent } from '../event/event.ts';
import { cloudEvent, CLOUD_EVENT_TYPE } from './cloud-event.ts';
import type { Answer, Destination } from './destination.ts';

/** An attempt keeps no more of it: a hostile receiver would have us store whole headers. */
const MAX_LOCATION = 200;

type Format = NonNullable<Settings['format']>;

const FORMS = {
  standard: { type: 'application/json', write: (json) => json },
  cloudevents: {
    type: CLOUD_EVENT_TYPE,
    write: (json) => JSON.stringify(cloudEvent(JSON.parse(json) as PublicEvent)),
  },
} as const satisfies Record<Format, { readonly type: string; readonly write: (json: string) => string }>;

export const webhook: Destination = {
  signs: true,
  saysSpent: false,
  events: ['*'],
  hosts: null,
  faultOf: () => null,
  wants: () => true,

  async render({ event, url, keys, settings }, now) {
    const { type, write } = FORMS[settings.format ?? 'standard'];
    const body = write(event.json);
    const signature = await signatureHeaders({ id: event.id, body }, keys, now);
    return { url, headers: { 'content-type': type, ...signature }, body };
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

function describe({ status, headers, body }: Answer): string {
  // A redirect is never followed: the new address has not been vetted and a POST would arrive there as something else.
  if (status >= 300 && status < 400) {
    const location = headers.get('location')?.slice(0, MAX_LOCATION) ?? 'nowhere';
    return `answered ${status} to ${location}: not followed`;
  }
  const text = body.trim();
  return text === '' ? `answered ${status}` : `answered ${status}: ${text}`;
}

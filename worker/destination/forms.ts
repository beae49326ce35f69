// What a webhook's body may be: the event as it stands in the API, or a CloudEvent; one, or a batch of them.
import type { Format } from '../delivery/settings.ts';
import type { Outgoing, PublicEvent } from '../event/event.ts';
import { cloudEvent } from './cloud-event.ts';

interface Form<T> {
  readonly type: string;
  readonly write: (given: T) => string;
}

type Events = readonly [Outgoing, ...Outgoing[]];

export const FORMS: Readonly<Record<Format, { readonly one: Form<Outgoing>; readonly batch: Form<Events> }>> = {
  standard: {
    one: { type: 'application/json', write: ({ json }) => json },
    batch: { type: 'application/json', write: batchOf },
  },
  // Structured and batched mode (github.com/cloudevents/spec, bindings/http-protocol-binding.md).
  cloudevents: {
    one: { type: 'application/cloudevents+json', write: cloudEventOf },
    batch: {
      type: 'application/cloudevents-batch+json',
      write: (events) => `[${events.map(cloudEventOf).join(',')}]`,
    },
  },
};

/** As one message, so that a receiver may tell it from an event by its type: a batch of one is a batch too. */
function batchOf(events: Events): string {
  const { timestamp } = parsed(events.at(-1) ?? events[0]);
  const list = events.map(({ json }) => json).join(',');
  return `{"type":"events.batch","timestamp":${JSON.stringify(timestamp)},"data":{"events":[${list}]}}`;
}

function cloudEventOf(event: Outgoing): string {
  return JSON.stringify(cloudEvent(parsed(event)));
}

function parsed({ json }: Outgoing): PublicEvent {
  return JSON.parse(json) as PublicEvent;
}

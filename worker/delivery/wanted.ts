// What an endpoint wants of the log: by type, by its condition, and by its kind, as a chat has nothing to say of some events.
import { destinations, type EndpointKind } from '../destination/destinations.ts';
import { compile, type Condition, type Holds } from './condition.ts';
import { wants } from './filter.ts';
import { isAbout, isOfEndpoint } from './health.ts';

export interface Filter {
  /** Of an endpoint that is there. */
  readonly id?: string;
  readonly kind: EndpointKind;
  /** Patterns over event types. */
  readonly events: readonly string[];
  /** Null where the type is all that matters. */
  readonly where: Condition | null;
}

/** To be made once for many events. */
export function wantedBy({ id, kind, events, where }: Filter): Holds {
  const holds = where === null ? null : compile(where);
  // What is said of an endpoint is about nobody's work: a condition on it must not keep the news from whoever asks for its type.
  const isAsked: Holds = (event, source) =>
    wants(events, event.type) && (holds === null || isOfEndpoint(event.type) || holds(event, source));
  const isOwn = ({ type, data }: { readonly type: string; readonly data: object }) =>
    id !== undefined && isAbout({ type, data }, id);
  if (kind === 'pull') return (event, source) => isAsked(event, source) && !isOwn(event);
  const destination = destinations[kind];
  return (event, source) => {
    // What ends an alert comes wherever what begins it may have come, whatever it says itself.
    const ends = () => destination.ends?.get(event.type)?.some((type) => wants(events, type)) === true;
    return (isAsked(event, source) || ends()) && destination.wants(event) && !isOwn(event);
  };
}

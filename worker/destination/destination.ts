// A destination is the code that speaks one kind of endpoint. All its functions are pure; the Courier does the rest.
import type { Outgoing } from '../event/event.ts';
import type { Outcome } from '../delivery/outcome.ts';
import type { Format } from '../delivery/settings.ts';

export interface Message {
  readonly event: Outgoing;
  readonly url: string;
  /** The endpoint's id. */
  readonly endpoint: string;
  readonly format: Format;
  /** What it is signed with: the newest key first, after it those of a rotation that still overlap. */
  readonly keys: readonly string[];
}

/** Several events in one request. */
export type Messages = Omit<Message, 'event'> & { readonly events: readonly [Outgoing, ...Outgoing[]] };

export interface Rendered {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  /** What has to follow for the same event, each once the one before it was taken. */
  readonly rest?: readonly Rendered[];
}

export interface Answer {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** As much of the body as was read, cut at a cap. */
  readonly body: string;
}

export interface Destination {
  /** Whether it signs what it sends with the endpoint's secret. Where it does not, the URL is the secret. */
  readonly signs: boolean;
  /** Whether it says what a session has cost so far, which has to be read for it. */
  readonly saysSpent: boolean;
  /** The types that an endpoint gets which does not say. */
  readonly events: readonly string[];
  /** Whether an endpoint that does not say is ordered: where what is sent later ends what was sent before. */
  readonly ordered?: boolean;
  /** Types that an endpoint gets without asking where it gets one of those that they end. */
  readonly ends?: ReadonlyMap<string, readonly string[]>;
  /** By what it goes out where that is not HTTP. */
  readonly carrier?: 'mail';
  /** Whose servers alone it may call: whole host names, or `.name` for all below it. Null: anybody's. */
  readonly hosts: readonly string[] | null;
  /** What is wrong with a URL for this kind and what to do. Null: nothing. */
  readonly faultOf: (url: URL) => string | null;
  /** Whether there is something to say of an event of a type that the endpoint asked for. */
  readonly wants: (event: { readonly type: string; readonly data: object }) => boolean;
  readonly render: (message: Message, now: number) => Promise<Rendered>;
  /** Left out by a kind that takes one event at a time. */
  readonly renderBatch?: (messages: Messages, now: number) => Promise<Rendered>;
  readonly classify: (answer: Answer, now: number) => Outcome;
}

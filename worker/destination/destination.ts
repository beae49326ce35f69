// A destination is the code that speaks one kind of endpoint. Both of its functions are pure; the Courier does the rest.
import type { Outgoing } from '../event/event.ts';
import type { Outcome } from '../delivery/outcome.ts';

export interface Message {
  readonly event: Outgoing;
  readonly url: string;
  /** What it is signed with: the newest key first, after it those of a rotation that still overlap. */
  readonly keys: readonly string[];
}

export interface Rendered {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** As much of the body as was read, cut at a cap. */
  readonly body: string;
}

export interface Destination {
  readonly render: (message: Message, now: number) => Promise<Rendered>;
  readonly classify: (answer: Answer, now: number) => Outcome;
}

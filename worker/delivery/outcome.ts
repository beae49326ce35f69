// What became of one attempt to deliver one event to one endpoint.
export type Outcome =
  | { readonly kind: 'delivered'; readonly status: number }
  /** Try again; not before `afterMs` where the receiver asked for that. */
  | { readonly kind: 'retry'; readonly status: number | null; readonly detail: string; readonly afterMs: number | null }
  /** The receiver will never take this event; others it may. */
  | { readonly kind: 'rejected'; readonly status: number | null; readonly detail: string }
  /** The receiver wants nothing more, or must not be called: the endpoint is disabled and its cursor stands. */
  | { readonly kind: 'gone'; readonly status: number | null; readonly detail: string };

/**
 * Under load, by the Standard Webhooks specification ("Delivery success and failure") and RFC 9110, 15.6.4: the receiver is to be
 * asked less, and may say when.
 */
export const THROTTLES: readonly number[] = [429, 502, 503, 504];

export interface Attempt {
  readonly seq: number;
  readonly at: number;
  readonly durationMs: number;
  /** Which of its window's requests it went with; those of a batch share one. */
  readonly request: number;
  readonly outcome: Outcome;
  /**
   * What went over the wire, an Exchange as JSON: nobody looks into it until somebody asks. Null where the first event of the same
   * request has it, or nothing was sent.
   */
  readonly exchange: string | null;
}

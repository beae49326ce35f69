// What a receiver gives and gets.
import type { Source } from '../contract.ts';

/** An event as it leaves the relay. */
export interface WebhookEvent {
  /** `<team>-<position>`, the same in every retry and replay: delivery is at least once, and effectively once by this id. */
  readonly id: string;
  /** The event's position in the team's log. */
  readonly seq: number;
  readonly type: string;
  readonly timestamp: string;
  readonly received_at: string;
  readonly session: string | null;
  /** The event's name and number at its producer. */
  readonly origin: { readonly id: string; readonly seq: number };
  readonly source: Source;
  /** `EventData` says what it holds for the types that the plugin sends. */
  readonly data: object;
}

/** The headers as a server has them: of the fetch standard, Node's record of lower-case names, or a gateway's own record. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined };

export interface VerifyOptions {
  /** How far the sender's clock may be from ours, in seconds, either way. */
  readonly toleranceS?: number;
  /** The time in milliseconds. */
  readonly now?: () => number;
}

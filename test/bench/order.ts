// What the bench asks of its Worker, and what it hears.

/** Rows read and rows written. A tuple, as Miniflare hands out a bare object as a stub. */
export type Rows = readonly [read: number, written: number];

export const MEMBERS = 20;

export interface Filling {
  /** Entries of the whole month, and which of them to write now. */
  readonly total: number;
  readonly from: number;
  readonly to: number;
  /** Midnight in UTC at the start of the month. */
  readonly month: number;
  /** When the relay got them: in time, or long after the month. */
  readonly received: number;
}

export interface FetchOrder {
  readonly url: string;
  readonly concurrency: number;
  readonly bodies: readonly string[];
}

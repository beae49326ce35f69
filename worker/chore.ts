// Work of a team's object besides deliveries, which the dispatcher arms the alarm for: at most one run of each at a time.
export interface Chore {
  readonly name: string;
  /** When there is something to do, in epoch milliseconds; Infinity where there is nothing. It is asked often. */
  readonly due: () => number;
  /** Does one bounded slice: while there is more to do it stays due. A run that throws is tried again later. */
  readonly run: () => Promise<void>;
}

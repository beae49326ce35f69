// The team's SQLite as the store's modules see it.
export interface Database {
  readonly sql: SqlStorage;
  readonly transaction: <T>(change: () => T) => T;
  /** What a message may cost, in dollars. */
  readonly maxUsd: number;
  /** The number of a row that stands for a text, from memory where it is known, else from `store`. */
  readonly intern: (key: string, store: () => number) => number;
  /** After rows that stand for texts were deleted. */
  readonly forget: () => void;
}

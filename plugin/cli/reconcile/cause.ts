// Why another tool's figure is not ours: every reason that has a name, and what it says to a person.

export const CAUSES = {
  'fork-copies': 'fork copies: history that OpenCode copied into a fork, paid for once',
  reverted: 'reverted: paid for, then taken back, and gone from the database',
  gone: 'gone from the database, though the relay never heard that it was reverted',
  deleted: 'deleted: sessions of this machine that are gone with all they cost',
  'another-machine': "charged to another machine: imported from there, or done under this one's earlier name",
  'not-sent': 'not sent yet: newer than the first that the relay has from here',
  'only-here': 'only in the database: older than the plugin (gasline backfill sends it)',
  'list-price': 'list price: OpenCode reported no cost, the ledger has the price of the book',
  plan: 'plan: covered by a subscription, so the ledger charges nothing',
  'another-figure': 'another figure: the ledger and the database do not say the same of a message',
  'no-tokens': 'no tokens: left out by this tool, though it cost something',
  'counted-as-copy': 'taken for a copy by this tool, though it is none',
  'other-shelf': "not in OpenCode's own totals: old files, or the table of its next version",
  malformed: 'malformed: a cost or a time that cannot be, which the ledger does not take',
  'session-totals': "OpenCode's own sum of a session is not that of its messages",
  'priced-by-tool': 'priced by this tool itself, where OpenCode stored no cost',
  rounding: 'rounding: a binary sum against whole nano-dollars a message',
  unexplained: 'unexplained',
} as const;

export type CauseName = keyof typeof CAUSES;

export interface Part {
  readonly nano: bigint;
  readonly messages: number;
}

/** Adds up by cause. What adds up to nothing over no message is left out at the end. */
export interface Causes {
  readonly add: (cause: CauseName, nano: bigint) => void;
  readonly parts: () => ReadonlyMap<CauseName, Part>;
  readonly total: () => bigint;
}

export function openCauses(): Causes {
  const held = new Map<CauseName, { nano: bigint; messages: number }>();
  return {
    add(cause, nano) {
      if (nano === 0n) return;
      const part = held.get(cause) ?? { nano: 0n, messages: 0 };
      held.set(cause, { nano: part.nano + nano, messages: part.messages + 1 });
    },
    parts: () => held,
    total: () => [...held.values()].reduce((sum, { nano }) => sum + nano, 0n),
  };
}

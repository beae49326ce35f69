// How the other tools count, by their documented rules, from the same rows.

import type { Local, LocalMessage } from './local.ts';
import { nanoOfNumber } from '../history/nano.ts';
import type { CauseName } from './cause.ts';

export type ToolName = 'opencode stats' | 'ccusage' | 'tokscale';

export interface Tool {
  readonly name: ToolName;
  readonly rule: string;
  /** The rows that count, and by which cause the others do not. */
  readonly leftOut: (local: Local) => ReadonlyMap<LocalMessage, CauseName>;
  /** What it adds to the sum of its rows, session by session. */
  readonly corrections: (local: Local) => readonly bigint[];
  /** Whether it puts a price of its own on what OpenCode stored no cost for. */
  readonly hasPrices: boolean;
}

const NOTHING: readonly bigint[] = [];

export const TOOLS: readonly Tool[] = [
  {
    name: 'opencode stats',
    rule: "the sum of the sessions' own totals; a fork's holds its copies, a reverted message is taken off",
    leftOut: ({ messages }) => only(messages, ({ shelf }) => shelf !== 'message', 'other-shelf'),
    corrections: ({ messages, sessionCosts }) => {
      const sums = new Map<string, bigint>();
      for (const { shelf, session, stored } of messages) {
        if (shelf === 'message') sums.set(session, (sums.get(session) ?? 0n) + stored.cost);
      }
      const ids = new Set([...sums.keys(), ...sessionCosts.keys()]);
      return [...ids].map((id) => nanoOfNumber(sessionCosts.get(id)) - (sums.get(id) ?? 0n));
    },
    hasPrices: false,
  },
  {
    name: 'ccusage',
    rule: "the sum of the messages' costs, fork copies too; where none is stored its own price (here: ours); none without tokens",
    leftOut: ({ messages }) => only(messages, ({ stored }) => stored.tokens === 0n, 'no-tokens'),
    corrections: () => NOTHING,
    hasPrices: true,
  },
  {
    name: 'tokscale',
    rule: 'the same without fork copies whose original is still there; nothing is left out for its tokens',
    leftOut: ({ messages }) => {
      const seen = new Set<string>();
      const twice = new Map<LocalMessage, CauseName>();
      // Of equal rows the original counts.
      const inOrder = messages.toSorted((a, b) => Number(a.kind === 'copy') - Number(b.kind === 'copy'));
      for (const message of inOrder) {
        // The old files are told apart by their ids alone.
        if (message.shelf === 'legacy') continue;
        if (seen.has(message.stored.fingerprint)) twice.set(message, 'counted-as-copy');
        seen.add(message.stored.fingerprint);
      }
      return twice;
    },
    corrections: () => NOTHING,
    // Offline it has none.
    hasPrices: false,
  },
];

function only(
  messages: readonly LocalMessage[],
  isLeftOut: (message: LocalMessage) => boolean,
  cause: CauseName,
): ReadonlyMap<LocalMessage, CauseName> {
  return new Map(messages.filter(isLeftOut).map((message) => [message, cause]));
}

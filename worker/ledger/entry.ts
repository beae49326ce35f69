// A ledger entry is what one assistant message costs. OpenCode reports a message several times while it grows, sources repeat
// themselves and arrive in any order: of all reports of one message the ledger keeps the greatest in a fixed total order, so
// that every arrival order ends in the same entry and a repeat changes nothing.
import type { AssistantMessage, Tokens } from '../../plugin/contract.ts';
import type { Stamp } from '../event/stamp.ts';
import type { Basis } from './basis.ts';
import type { NanoUsd } from './money.ts';

/** Discarded is what was paid for and then reverted or deleted. A copy, as a fork makes them, was paid for elsewhere. */
export const STATES = ['kept', 'discarded', 'copied'] as const;
export type State = (typeof STATES)[number];

export interface Entry {
  readonly message: string;
  readonly session: string;
  readonly dimension: number;
  /** When the message was begun: the moment its cost belongs to, as in every peer. */
  readonly at: number;
  readonly finished: boolean;
  /** False for what was read from a machine's history afterwards. */
  readonly live: boolean;
  readonly tokens: Tokens;
  /** What counts, by the basis: see `chargeOf`. */
  readonly cost: NanoUsd;
  /** What OpenCode said. */
  readonly reported: NanoUsd;
  /** What the tokens cost by the price book; null where it has no price. */
  readonly list: NanoUsd | null;
  /** The number of the name of the price that `list` was computed with. */
  readonly price: number | null;
  readonly basis: Basis;
  readonly state: State;
  readonly stamp: Stamp;
}

/** What comes from somewhere else than the report itself. */
export type Judgement = Pick<
  Entry,
  'session' | 'dimension' | 'stamp' | 'live' | 'cost' | 'reported' | 'list' | 'price' | 'basis' | 'state'
>;

export function entryOf(report: AssistantMessage, judged: Judgement): Entry {
  return {
    ...judged,
    message: report.message,
    at: Date.parse(report.created_at),
    finished: report.completed_at !== null,
    tokens: report.tokens,
  };
}

type Report = Pick<Entry, 'state' | 'live' | 'finished' | 'reported' | 'tokens' | 'stamp'>;

/**
 * Whether `next` takes the place of `held`: a copy before what is none, live before history, finished before unfinished, then
 * the dearer, the longer, the later.
 */
export function supersedes(next: Report, held: Report): boolean {
  const isCopy = next.state === 'copied';
  // A copy is known by the time in its id, which nothing else has; who does not know it for one may just not have looked.
  if (isCopy !== (held.state === 'copied')) return isCopy;
  if (next.live !== held.live) return next.live;
  if (next.finished !== held.finished) return next.finished;
  if (next.reported !== held.reported) return next.reported > held.reported;
  const [length, other] = [totalTokens(next.tokens), totalTokens(held.tokens)];
  return length === other ? next.stamp > held.stamp : length > other;
}

export const TOKENS = ['input', 'output', 'reasoning', 'cache_read', 'cache_write'] as const satisfies (keyof Tokens)[];

export function totalTokens(tokens: Tokens): number {
  return tokens.input + tokens.output + tokens.reasoning + tokens.cache_read + tokens.cache_write;
}

// A ledger entry is what one assistant message costs. OpenCode reports a message several times while it grows, sources repeat
// themselves and arrive in any order: of all reports of one message the ledger keeps the greatest in a fixed total order, so
// that every arrival order ends in the same entry and a repeat changes nothing.
import type { AssistantMessage, Tokens } from '../../plugin/contract.ts';
import type { Stamp } from '../event/stamp.ts';
import { parseUsd, type NanoUsd } from './money.ts';

export interface Entry {
  readonly message: string;
  readonly session: string;
  readonly dimension: number;
  /** When the message was begun: the moment its cost belongs to, as in every peer. */
  readonly at: number;
  readonly finished: boolean;
  readonly tokens: Tokens;
  readonly cost: NanoUsd;
  readonly stamp: Stamp;
}

/** The entry that a report of a message asks for; null where it is a copy, which another session has paid for. */
export function entryOf(
  report: AssistantMessage,
  where: { readonly session: string; readonly dimension: number; readonly stamp: Stamp },
): Entry | null {
  const cost = parseUsd(report.cost_usd);
  if (report.copied || cost === null) return null;
  return {
    ...where,
    message: report.message,
    at: Date.parse(report.created_at),
    finished: report.completed_at !== null,
    tokens: report.tokens,
    cost,
  };
}

/** Whether `next` takes the place of `held`: finished before unfinished, then the dearer, the longer, the later. */
export function supersedes(next: Entry, held: Entry): boolean {
  if (next.finished !== held.finished) return next.finished;
  if (next.cost !== held.cost) return next.cost > held.cost;
  const [length, other] = [totalTokens(next.tokens), totalTokens(held.tokens)];
  return length === other ? next.stamp > held.stamp : length > other;
}

export function totalTokens(tokens: Tokens): number {
  return tokens.input + tokens.output + tokens.reasoning + tokens.cache_read + tokens.cache_write;
}

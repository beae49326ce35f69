// An assistant message as the ledger wants it: what it cost, in which tokens, and whether it was paid for here at all.

import type { AssistantMessage, ErrorInfo } from './contract.ts';
import { isCopy } from './copies.ts';
import { fields, iso, name } from './field.ts';
import type { Fields } from './field.ts';
import type { Session } from './sessions.ts';
import { sumSteps } from './steps.ts';
import type { Steps } from './steps.ts';

/** Null for what costs nothing yet: a user's message, or an answer that was just begun. */
export function assistantMessage(
  info: Fields,
  session: Session | undefined,
  steps: Steps,
  now: number,
): AssistantMessage | null {
  const message = name(info.id);
  if (info.role !== 'assistant' || message === null) return null;
  const time = fields(info.time);
  const error = info.error === undefined || info.error === null ? null : errorInfo(info.error);
  const completedAt = iso(time.completed);
  const costs = typeof info.cost === 'number' && info.cost !== 0;
  if (completedAt === null && !costs && error === null) return null;
  const createdAt = typeof time.created === 'number' ? time.created : now;
  return {
    message,
    kind: info.summary === true ? 'compaction' : session?.parent ? 'subagent' : 'chat',
    provider: name(info.providerID) ?? 'unknown',
    model: name(info.modelID) ?? 'unknown',
    variant: name(info.variant),
    agent: name(info.agent),
    created_at: iso(createdAt) ?? new Date(now).toISOString(),
    completed_at: completedAt,
    cost_usd: decimal(info.cost),
    tokens: sumSteps(steps, message, info.tokens),
    copied: isCopy(info, createdAt, session?.createdAt ?? null, now),
    error,
  };
}

/** The name and the status alone: the rest of an error is the provider's text, its headers and its address. */
export function errorInfo(value: unknown): ErrorInfo {
  const error = fields(value);
  const status = fields(error.data).statusCode;
  return {
    name: typeof error.name === 'string' && /^\w{1,64}$/.test(error.name) ? error.name : 'UnknownError',
    status: typeof status === 'number' && Number.isInteger(status) ? status : null,
  };
}

/** Nine places, as the ledger counts in nano-dollars. What is no price goes out as it is: the relay rejects it visibly. */
function decimal(cost: unknown): string {
  if (typeof cost !== 'number') return cost === undefined ? '0' : 'not a number';
  if (!(cost >= 0) || cost >= 1e15) return String(cost);
  return cost.toFixed(9).replace(/\.?0+$/, '');
}

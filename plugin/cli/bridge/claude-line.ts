// What the town's Claude Code sessions spent, by the town's own lines in costs.jsonl: charged in the relay as messages of an agent
// `claude` and a model `gt-costs`, which no OpenCode session has. Each line tells what its session's transcript had cost until
// then, so that a message is what came since the line before; a lower figure is that of a new transcript.

import { type Fields, fields, name } from '../../field.ts';
import { nanoOf, usdOf } from '../figure.ts';
import type { Read } from './feeding.ts';
import { hashOf } from './mark.ts';

export const CLAUDE_MODEL = 'gt-costs';

const NO_TOKENS = { input: 0, output: 0, reasoning: 0, cache_read: 0, cache_write: 0 };

/** `carry` holds what each session had cost by its last line, in dollars. */
export function readClaude(line: string, carry: Fields, town: string): Read {
  const { session_id, role, rig, worker, cost_usd, ended_at, work_item, gasline } = entryIn(line);
  const at = typeof ended_at === 'string' ? Date.parse(ended_at) : Number.NaN;
  const session = name(session_id);
  // The town cannot read what OpenCode's sessions cost (gastown#3835): their lines say nothing, or what a Claude transcript that lies
  // in GT_CWD cost, which has lines of its own.
  const isOurs = gasline !== undefined || session?.startsWith('ses_') === true;
  const nano = typeof cost_usd === 'number' && cost_usd > 0 ? nanoOf(cost_usd.toFixed(9)) : null;
  if (isOurs || session === null || nano === null || Number.isNaN(at)) return { drafts: [], carry };
  const before = nanoOf(carry[session]) ?? 0n;
  const next = { ...carry, [session]: usdOf(nano) };
  const delta = nano >= before ? nano - before : nano;
  if (delta === 0n) return { drafts: [], carry: next };
  const time = new Date(at).toISOString();
  const id = `gt_${hashOf(line)}`;
  const data = {
    message: id,
    kind: 'chat',
    provider: 'anthropic',
    model: CLAUDE_MODEL,
    variant: null,
    agent: 'claude',
    created_at: time,
    completed_at: time,
    cost_usd: usdOf(delta),
    tokens: NO_TOKENS,
    copied: false,
    error: null,
  };
  const tags = { role: name(role), rig: name(rig), worker: name(worker), bead: name(work_item) };
  return {
    drafts: [{ tags, event: { id, type: 'message.updated', time, session: name(`gt_${town}_${session}`), data } }],
    carry: next,
  };
}

function entryIn(line: string): Fields {
  try {
    return fields(JSON.parse(line));
  } catch {
    // Cut off: the town leaves it out too.
    return {};
  }
}

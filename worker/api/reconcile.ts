// GET /v1/reconcile: from what other tools add up to what counts here, cause by cause. They sum the costs that OpenCode keeps,
// copies of forks among them, and forget what was reverted or deleted; see `gasline reconcile` for one machine's database.
import type { Context } from 'hono';

import { formatUsd } from '../ledger/money.ts';
import { isZone } from '../ledger/period.ts';
import type { UsageRow } from '../store/usage.ts';
import type { Api } from './context.ts';
import { problem, refuse } from './problem.ts';
import { readQuery, text } from './query.ts';
import { answer, ask, iso, teamOf } from './team.ts';
import { rangeOf } from './usage.ts';

export async function getReconciliation(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, { from: text, to: text, zone: text });
  if (!query.ok) return problem(c, query.error);
  const described = await teamOf(c).describe(c.var.credential);
  if (!described.ok) return problem(c, described.error);
  const zone = query.value.zone ?? described.value.zone;
  if (!isZone(zone)) return problem(c, refuse('query-malformed', `zone: must be an IANA time zone, got ${zone}`));
  const range = rangeOf(query.value, zone, Date.now());
  if (!range.ok) return problem(c, range.error);
  const asked = { periods: [range.value], filters: [], session: null };
  const judged = await ask(c, 'usage', { ...asked, groupBy: ['state', 'basis'] });
  if (!judged.ok) return problem(c, judged.error);
  const byKind = await ask(c, 'usage', { ...asked, groupBy: ['kind', 'state'] });
  return answer(c, byKind, (kinds) => {
    const whole = { from: iso(range.value.start), to: iso(range.value.end), zone };
    return c.json({ ...whole, ...explain(judged.value, kinds) });
  });
}

interface Cause {
  readonly cause: string;
  readonly usd: string;
}

/** Each chain of causes leads from the first figure to the last, exactly. */
function explain(judged: readonly UsageRow[], kinds: readonly UsageRow[]) {
  const all = () => true;
  const of = (basis: string) => (row: UsageRow) => row.b === basis;
  const cost = sum(judged, 'cost', all);
  const reported = sum(judged, 'reported', all);
  const discarded = sum(judged, 'reported', ({ a }) => a === 'discarded');
  const copied = sum(judged, 'copied', all);
  const [list, plan] = [sum(judged, 'cost', of('list')), sum(judged, 'reported', of('plan'))];
  const toReported: Cause[] = [
    { cause: 'list-price', usd: formatUsd(-list) },
    { cause: 'plan', usd: formatUsd(plan) },
  ];
  const gone: Cause = { cause: 'reverted-or-deleted', usd: formatUsd(-discarded) };
  const forks: Cause = { cause: 'fork-copies', usd: formatUsd(copied) };
  return {
    cost_usd: formatUsd(cost),
    reported_usd: formatUsd(reported),
    causes: toReported,
    tools: [
      {
        tool: 'opencode stats, ccusage',
        usd: formatUsd(reported - discarded + copied),
        causes: [...toReported, gone, forks],
      },
      { tool: 'tokscale', usd: formatUsd(reported - discarded), causes: [...toReported, gone] },
    ],
    of_which: {
      subagents_usd: formatUsd(sum(kinds, 'cost', ({ a }) => a === 'subagent')),
      compaction_usd: formatUsd(sum(kinds, 'cost', ({ a }) => a === 'compaction')),
      late_usd: formatUsd(sum(judged, 'late', all)),
    },
    not_known: {
      unpriced_messages: Number(sum(judged, 'unpriced', all)),
      never_announced: ['calls for session titles', 'tokens of a stream that broke before its step ended'],
    },
  };
}

function sum(
  rows: readonly UsageRow[],
  name: 'cost' | 'reported' | 'copied' | 'late' | 'unpriced',
  chosen: (row: UsageRow) => boolean,
): bigint {
  return rows.reduce((total, row) => (chosen(row) ? total + BigInt(row[name]) : total), 0n);
}

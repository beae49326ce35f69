// GET /v1/reconcile: from what other tools add up to what counts here, cause by cause. They sum the costs that OpenCode keeps,
// copies of forks among them, and forget what was reverted or deleted; see `gasline reconcile` for one machine's database.
import type { Context } from 'hono';

import { formatUsd } from '../ledger/money.ts';
import type { Copies } from '../store/copies.ts';
import type { UsageRow } from '../store/usage.ts';
import type { Api } from './context.ts';
import { problem } from './problem.ts';
import { readQuery, text } from './query.ts';
import { answer, ask, iso } from './team.ts';
import { rangeOf } from './usage.ts';
import { zoneOf } from './zone.ts';

export async function getReconciliation(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, { from: text, to: text, zone: text });
  if (!query.ok) return problem(c, query.error);
  const named = await zoneOf(c, query.value.zone);
  if (!named.ok) return problem(c, named.error);
  const zone = named.value;
  const range = rangeOf(query.value, zone, Date.now());
  if (!range.ok) return problem(c, range.error);
  const asked = { periods: [range.value], filters: [], session: null };
  const judged = await ask(c, 'usage', { ...asked, groupBy: ['state', 'basis'] });
  if (!judged.ok) return problem(c, judged.error);
  const kinds = await ask(c, 'usage', { ...asked, groupBy: ['kind', 'state'] });
  if (!kinds.ok) return problem(c, kinds.error);
  const plans = await ask(c, 'usage', { ...asked, filters: KEPT_PLAN, groupBy: ['provider', 'model'] });
  if (!plans.ok) return problem(c, plans.error);
  return answer(c, await ask(c, 'copies', range.value), (copies) => {
    const whole = { from: iso(range.value.start), to: iso(range.value.end), zone };
    return c.json({ ...whole, ...explain({ judged: judged.value, kinds: kinds.value, plans: plans.value, copies }) });
  });
}

const KEPT_PLAN = [
  { dimension: 'basis', value: 'plan' },
  { dimension: 'state', value: 'kept' },
] as const;

interface Facts {
  /** By state and basis. */
  readonly judged: readonly UsageRow[];
  /** By kind and state. */
  readonly kinds: readonly UsageRow[];
  /** What is kept of each model under a plan. */
  readonly plans: readonly UsageRow[];
  readonly copies: Copies;
}

interface Step {
  readonly cause: string;
  readonly nano: bigint;
  /** By our price book, where the tool has one of its own. */
  readonly isEstimate?: boolean;
}

/** Each chain of causes leads from what counts here to the tool's figure, exactly. */
function explain({ judged, kinds, plans, copies }: Facts) {
  const all = () => true;
  const of = (basis: string) => (row: UsageRow) => row.b === basis;
  const cost = sum(judged, 'cost', all);
  const toReported: Step[] = [
    { cause: 'list-price', nano: -sum(judged, 'cost', of('list')) },
    { cause: 'plan', nano: sum(judged, 'reported', of('plan')) },
  ];
  const onDisk: Step[] = [
    ...toReported,
    { cause: 'reverted-or-deleted', nano: -sum(judged, 'reported', ({ a }) => a === 'discarded') },
  ];
  const copied = sum(judged, 'copied', all) - BigInt(copies.gone);
  const withCopies: Step[] = [...onDisk, { cause: 'fork-copies', nano: copied }];
  // Where OpenCode stored no cost. Of a model under a plan it stores one always or never.
  const unstored =
    sum(judged, 'list', ({ a, b }) => a === 'kept' && b === 'list') + sum(plans, 'list', (row) => row.reported === '0');
  return {
    cost_usd: formatUsd(cost),
    reported_usd: formatUsd(sum(judged, 'reported', all)),
    causes: toReported.map(showStep),
    tools: [
      showTool('opencode stats', cost, withCopies),
      showTool('ccusage', cost, [...withCopies, { cause: 'priced-by-tool', nano: unstored, isEstimate: true }]),
      showTool('tokscale', cost, [...onDisk, { cause: 'copies-without-original', nano: BigInt(copies.orphaned) }]),
    ],
    of_which: {
      subagents_usd: formatUsd(sum(kinds, 'cost', ({ a }) => a === 'subagent')),
      compaction_usd: formatUsd(sum(kinds, 'cost', ({ a }) => a === 'compaction')),
      late_usd: formatUsd(sum(judged, 'late', all)),
    },
    not_known: {
      unpriced_messages: Number(sum(judged, 'unpriced', all)),
      never_announced: ['calls for session titles', 'tokens of a stream that broke before its step ended'],
      of_tools: [
        'ccusage: its own price of what is unpriced here and of copies without a stored cost; it leaves out what has a cost and no tokens',
        'tokscale: its own prices, which it has only online',
        'all: what no machine sent, and what a machine keeps of what another reverted or deleted',
      ],
    },
  };
}

function showTool(tool: string, cost: bigint, steps: readonly Step[]) {
  const usd = steps.reduce((total, { nano }) => total + nano, cost);
  return { tool, usd: formatUsd(usd), causes: steps.map(showStep) };
}

function showStep({ cause, nano, isEstimate = false }: Step) {
  return { cause, usd: formatUsd(nano), ...(isEstimate ? { estimate: true } : {}) };
}

function sum(
  rows: readonly UsageRow[],
  name: 'cost' | 'reported' | 'list' | 'copied' | 'late' | 'unpriced',
  chosen: (row: UsageRow) => boolean,
): bigint {
  return rows.reduce((total, row) => (chosen(row) ? total + BigInt(row[name]) : total), 0n);
}

// The explanation for people, and the same for programs.

import { counted, usdOf } from '../figure.ts';
import { CAUSES, type CauseName } from './cause.ts';
import { machineCost, type Explanation } from './explain.ts';
import type { LedgerSession } from './ledger.ts';

export interface Reconciled {
  readonly host: string;
  readonly sessions: readonly LedgerSession[];
  readonly explanations: readonly Explanation[];
}

export function text({ host, sessions, explanations }: Reconciled): string {
  const { team, elsewhere, machine, subagents, unpriced } = figures(sessions);
  const rows: Row[] = [
    ['Gasline, the whole team', team, ''],
    [`  on other machines than ${host}`, -elsewhere, ''],
    ['Gasline, this machine', machine, ''],
  ];
  for (const { tool, from, parts, figure, isMeasured } of explanations) {
    rows.push(null, ['Gasline, this machine', from, '']);
    for (const [cause, { nano, messages }] of inOrder(parts)) {
      rows.push([`  ${CAUSES[cause]}`, nano, cause === 'deleted' ? '' : counted(messages, 'row')]);
    }
    rows.push([`${tool.name}${isMeasured ? ', as it says' : ', by its rule'}`, figure, '']);
  }
  return [
    ...aligned(rows),
    '',
    ...explanations.map(({ tool }) => `${tool.name}: ${tool.rule}.`),
    `Sub-agents cost $${usdOf(subagents)} of this machine's sum: the others list them as sessions of their own; here they`,
    'count for the session that started them too (inclusive_cost_usd), which changes no total.',
    ...(unpriced === 0
      ? []
      : [`Of this machine, without a known price and in no sum: ${counted(unpriced, 'message')}.`]),
    '',
  ].join('\n');
}

export function json({ host, sessions, explanations }: Reconciled): string {
  const { team, elsewhere, machine, subagents, unpriced } = figures(sessions);
  const value = {
    host,
    team_usd: usdOf(team),
    other_machines_usd: usdOf(elsewhere),
    machine_usd: usdOf(machine),
    subagents_usd: usdOf(subagents),
    unpriced_messages: unpriced,
    tools: explanations.map(({ tool, parts, figure, isMeasured }) => ({
      tool: tool.name,
      rule: tool.rule,
      usd: usdOf(figure),
      measured: isMeasured,
      causes: inOrder(parts).map(([cause, { nano, messages }]) => ({
        cause,
        usd: usdOf(nano),
        rows: messages,
        about: CAUSES[cause],
      })),
      unexplained_usd: usdOf(parts.get('unexplained')?.nano ?? 0n),
    })),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function figures(sessions: readonly LedgerSession[]) {
  const machine = machineCost(sessions);
  const elsewhere = sessions.reduce((sum, session) => sum + session.elsewhere, 0n);
  const entries = sessions.flatMap((session) => session.entries);
  return {
    team: machine + elsewhere,
    elsewhere,
    machine,
    subagents: machineCost(sessions.filter(({ isSubagent }) => isSubagent)),
    unpriced: entries.filter(({ basis }) => basis === 'unpriced').length,
  };
}

function inOrder(parts: Explanation['parts']) {
  const order = Object.keys(CAUSES) as CauseName[];
  return [...parts].filter(([, { nano }]) => nano !== 0n).toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b));
}

type Row = readonly [label: string, nano: bigint, note: string] | null;

/** By the decimal point, so that a column can be added up by eye. */
function aligned(rows: readonly Row[]): readonly string[] {
  const texts = rows.map((row) => (row === null ? null : parts(row[1])));
  const width = Math.max(...rows.map((row) => row?.[0].length ?? 0));
  const whole = Math.max(...texts.map((text) => text?.[0].length ?? 0));
  return rows.map((row, at) => {
    const [dollars = '', fraction = ''] = texts[at] ?? [];
    if (row === null) return '';
    return `${row[0].padEnd(width)}  ${dollars.padStart(whole)}.${fraction.padEnd(9)}  ${row[2]}`.trimEnd();
  });
}

function parts(nano: bigint): readonly [string, string] {
  const [dollars = '0', fraction = ''] = usdOf(nano).split('.');
  return [dollars, fraction.padEnd(2, '0')];
}

// GET /v1/usage: what was spent in a range, by any two dimensions and a step of time, exact in any zone.
import type { Context } from 'hono';

import { DIMENSIONS, type DimensionName } from '../ledger/dimension.ts';
import { formatUsd } from '../ledger/money.ts';
import { isZone, monthOf, parseMoment, periodsOf, STEPS, type Period, type Step } from '../ledger/period.ts';
import { fail, ok, type Result } from '../result.ts';
import type { UsageRow } from '../store/usage.ts';
import type { Api } from './context.ts';
import { problem, refuse, type Refusal } from './problem.ts';
import { oneOf, readQuery, someOf, text } from './query.ts';
import { answer, iso, teamOf } from './team.ts';

const QUERY = { from: text, to: text, zone: text, group_by: someOf(DIMENSIONS, 2), step: oneOf(STEPS) };

/** The range is from (included) to (excluded), by default the current month in the zone; the zone by default the team's. */
export async function getUsage(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, QUERY);
  if (!query.ok) return problem(c, query.error);
  const { group_by: groupBy, step } = query.value;
  const team = teamOf(c);
  const described = await team.describe(c.var.credential);
  if (!described.ok) return problem(c, described.error);
  const zone = query.value.zone ?? described.value.zone;
  if (!isZone(zone))
    return problem(c, refuse('query-malformed', `zone: must be an IANA time zone such as Europe/Berlin, got ${zone}`));
  const range = rangeOf(query.value, zone, Date.now());
  if (!range.ok) return problem(c, range.error);
  const periods = cut(range.value, zone, step);
  if (!periods.ok) return problem(c, periods.error);
  return answer(c, await team.usage(c.var.credential, periods.value, groupBy), (rows) =>
    c.json({
      from: iso(range.value.start),
      to: iso(range.value.end),
      zone,
      group_by: groupBy,
      step,
      total: total(rows),
      rows: rows.map((row) => showRow(row, groupBy, step === null ? null : (periods.value[row.period] ?? null))),
    }),
  );
}

function rangeOf(
  given: { readonly from: string | null; readonly to: string | null },
  zone: string,
  now: number,
): Result<Period, Refusal> {
  const month = monthOf(now, zone);
  const start = given.from === null ? ok(month.start) : parseMoment(given.from, zone);
  if (!start.ok) return fail(refuse('query-malformed', `from: ${start.error}`));
  const end = given.to === null ? ok(Math.max(month.end, start.value)) : parseMoment(given.to, zone);
  if (!end.ok) return fail(refuse('query-malformed', `to: ${end.error}`));
  if (end.value < start.value)
    return fail(refuse('query-malformed', `to: must not lie before from, got ${iso(end.value)}`));
  return ok({ start: start.value, end: end.value });
}

function cut(range: Period, zone: string, step: Step | null): Result<readonly Period[], Refusal> {
  if (step === null) return ok([range]);
  const periods = periodsOf(range, zone, step);
  return periods === null
    ? fail(refuse('query-malformed', `step: the range has too many steps of a ${step}: take a longer step`))
    : ok(periods);
}

function showRow(row: UsageRow, groupBy: readonly DimensionName[], period: Period | null) {
  const { a, b, project_name: name, messages, uncosted } = row;
  const by = Object.fromEntries(groupBy.map((dimension, index) => [dimension, index === 0 ? a : b]));
  return {
    ...(period === null ? {} : { from: iso(period.start), to: iso(period.end) }),
    ...by,
    ...(groupBy.includes('project') ? { project_name: name } : {}),
    messages,
    uncosted_messages: uncosted,
    tokens: tokensOf([row]),
    cost_usd: formatUsd(row.cost),
  };
}

function total(rows: readonly UsageRow[]) {
  return {
    messages: rows.reduce((sum, row) => sum + row.messages, 0),
    uncosted_messages: rows.reduce((sum, row) => sum + row.uncosted, 0),
    tokens: tokensOf(rows),
    cost_usd: formatUsd(sumOf(rows, 'cost')),
  };
}

function tokensOf(rows: readonly UsageRow[]) {
  return {
    input: Number(sumOf(rows, 'input')),
    output: Number(sumOf(rows, 'output')),
    reasoning: Number(sumOf(rows, 'reasoning')),
    cache_read: Number(sumOf(rows, 'cache_read')),
    cache_write: Number(sumOf(rows, 'cache_write')),
  };
}

function sumOf(
  rows: readonly UsageRow[],
  name: 'cost' | 'input' | 'output' | 'reasoning' | 'cache_read' | 'cache_write',
): bigint {
  return rows.reduce((sum, row) => sum + BigInt(row[name]), 0n);
}

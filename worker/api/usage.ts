// GET /v1/usage: what was spent in a range, by any two dimensions and a step of time, exact in any zone.
import type { Context } from 'hono';

import { KINDS } from '../event/schema.ts';
import { BASES } from '../ledger/basis.ts';
import { DIMENSIONS, GROUPS, type DimensionName, type GroupName } from '../ledger/dimension.ts';
import { STATES } from '../ledger/entry.ts';
import { formatKnown, formatUsd } from '../ledger/money.ts';
import type { SUMS } from '../ledger/rollup.ts';
import { monthOf, parseMoment, periodsOf, STEPS, type Period, type Step } from '../ledger/period.ts';
import { fail, ok, type Result } from '../result.ts';
import type { UsageRow } from '../store/usage.ts';
import type { Api } from './context.ts';
import { problem, refuse, type Refusal } from './problem.ts';
import { sendCsv, usageColumns, wantsCsv } from './csv-answer.ts';
import { filter, format, oneOf, readQuery, someOf, text } from './query.ts';
import { answer, ask, iso } from './team.ts';
import { zoneOf } from './zone.ts';

/** Of these a name that is not in the list is a mistake, and no spend of nothing. */
const CLOSED = { kind: filter(oneOf(KINDS)), basis: filter(oneOf(BASES)), state: filter(oneOf(STATES)) } as const;

const QUERY = {
  from: text,
  to: text,
  zone: text,
  group_by: someOf(GROUPS, 2),
  step: oneOf(STEPS),
  format,
  session: filter(text),
  scope: oneOf(['own', 'inclusive']),
  ...filters(filter(text)),
  ...CLOSED,
};

/** Every dimension is a filter too, by its name. */
function filters<T>(read: T): { readonly [K in DimensionName]: T } {
  return Object.fromEntries(DIMENSIONS.map((name) => [name, read])) as { [K in DimensionName]: T };
}

/** About 10 MB. */
const MOST = 20_000;
const TOO_MANY = `group_by: more than ${MOST} rows: take a shorter range, a longer step or a filter`;

/** The range is from (included) to (excluded), by default the current month in the zone; the zone by default the team's. */
export async function getUsage(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, QUERY);
  if (!query.ok) return problem(c, query.error);
  const { group_by: groupBy, step } = query.value;
  const named = await zoneOf(c, query.value.zone);
  if (!named.ok) return problem(c, named.error);
  const zone = named.value;
  const range = rangeOf(query.value, zone, Date.now());
  if (!range.ok) return problem(c, range.error);
  const periods = cut(range.value, zone, step);
  if (!periods.ok) return problem(c, periods.error);
  const chosen = DIMENSIONS.flatMap((dimension) => {
    const value = query.value[dimension];
    return value === null ? [] : [{ dimension, value }];
  });
  const { session: id, scope } = query.value;
  if (id === null && scope !== null && !groupBy.includes('session'))
    return problem(
      c,
      refuse('query-malformed', 'scope: is of a session: name one, as in session=ses_1, or group by it'),
    );
  const session = id === null ? null : { id, scope: scope ?? 'inclusive' };
  const isByTree = id === null && scope === 'inclusive';
  const asked = { periods: periods.value, groupBy, filters: chosen, session, isByTree, most: MOST + 1 };
  return answer(c, await ask(c, 'usage', asked), (rows) => {
    if (rows.length > MOST) return problem(c, refuse('query-malformed', TOO_MANY));
    const whole = { from: iso(range.value.start), to: iso(range.value.end) };
    const shown = rows.map((row) => showRow(row, groupBy, step === null ? null : (periods.value[row.period] ?? null)));
    if (wantsCsv(c, query.value.format)) {
      return sendCsv(
        c,
        'usage',
        usageColumns(groupBy),
        shown.map((row) => ({ ...whole, ...row })),
      );
    }
    return c.json({ ...whole, zone, group_by: groupBy, step, total: total(rows), rows: shown });
  });
}

export function rangeOf(
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

function showRow(row: UsageRow, groupBy: readonly GroupName[], period: Period | null) {
  const { a, b, project_name, session_title } = row;
  const by = Object.fromEntries(groupBy.map((dimension, index) => [dimension, index === 0 ? a : b]));
  return {
    ...(period === null ? {} : { from: iso(period.start), to: iso(period.end) }),
    ...by,
    ...(groupBy.includes('project') ? { project_name } : {}),
    ...(groupBy.includes('session') ? { session_title } : {}),
    ...total([row]),
  };
}

function total(rows: readonly UsageRow[]) {
  const sum = (name: (typeof SUMS)[number] | 'late') => rows.reduce((all, row) => all + BigInt(row[name]), 0n);
  const count = (name: (typeof SUMS)[number]) => Number(sum(name));
  return {
    messages: count('messages'),
    unpriced_messages: count('unpriced'),
    unlisted_messages: count('unlisted'),
    tokens: {
      input: count('input'),
      output: count('output'),
      reasoning: count('reasoning'),
      cache_read: count('cache_read'),
      cache_write: count('cache_write'),
    },
    cost_usd: formatKnown(sum('cost'), count('unpriced')),
    reported_usd: formatUsd(sum('reported')),
    list_usd: formatKnown(sum('list'), count('unlisted')),
    discarded_usd: formatUsd(sum('discarded')),
    copied_usd: formatUsd(sum('copied')),
    late_usd: formatUsd(sum('late')),
  };
}

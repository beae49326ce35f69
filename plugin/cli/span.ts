// The range of a report: --since and --until are days in the zone, both included, where the relay's `to` is not.

import { done, type Io, misused, type Outcome, type Options, type Values } from './command.ts';
import type { Connection } from './connection.ts';
import { firstOfMonth, isRelative, parseDay, plusDays } from './day.ts';
import { clockOf, ZONE } from './zone.ts';

export const SPAN = {
  since: {
    type: 'string',
    short: 's',
    value: 'day',
    about: 'first day: 2026-11-01, 20261101, today, yesterday, 7d (the last seven days)',
  },
  until: { type: 'string', short: 'u', value: 'day', about: 'last day, included; default: the end of this month' },
  ...ZONE,
} as const satisfies Options;

export interface Span {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export async function spanOf(
  { since, until, zone }: Values<typeof SPAN>,
  connection: Connection,
  io: Pick<Io, 'fetch' | 'now'>,
): Promise<Outcome<Span>> {
  // Only then the team's zone has to be asked for.
  const needsToday = [since, until].some((given) => given !== undefined && isRelative(given));
  const clock = needsToday ? await clockOf(zone, connection, io) : null;
  if (clock !== null && clock.kind !== 'done') return clock;
  const today = clock?.value(io.now()).day ?? null;
  const first = since === undefined ? undefined : parseDay(since, today);
  const last = until === undefined ? undefined : parseDay(until, today);
  if (first === null) return misused(dayProblem('since', since));
  if (last === null) return misused(dayProblem('until', until));
  if (first !== undefined && last !== undefined && last < first) {
    return misused(`--until ${last} lies before --since ${first}`);
  }
  // Without a first day the relay takes this month's, which may lie after the last one.
  const from = first ?? (last === undefined ? undefined : firstOfMonth(last));
  return done({ from, to: last === undefined ? undefined : (plusDays(last, 1) ?? undefined) });
}

function dayProblem(name: string, given: string | undefined): string {
  return `--${name} must be a day such as 2026-11-01, 20261101, today, yesterday or 7d, got ${given}`;
}

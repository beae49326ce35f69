// The range of a report: --since and --until are days in the zone, both included, where the relay's `to` is not.

import { done, type Io, misused, type Outcome, type Options, type Values } from './command.ts';
import { ask } from './relay.ts';
import type { Connection } from './connection.ts';
import { clockIn, type Day, firstOfMonth, parseDay, plusDays } from './day.ts';
import { fields } from '../field.ts';

export const SPAN = {
  since: {
    type: 'string',
    short: 's',
    value: 'day',
    about: 'first day: 2026-11-01, 20261101, today, yesterday, 7d (the last seven days)',
  },
  until: { type: 'string', short: 'u', value: 'day', about: 'last day, included; default: the end of this month' },
  zone: {
    type: 'string',
    short: 'z',
    value: 'zone',
    about: 'an IANA time zone such as Europe/Berlin; default: the one of the team',
  },
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
  const isRelative = [since, until].some((given) => given !== undefined && /^[a-z]|d$/.test(given));
  const asked = isRelative ? await todayIn(zone, connection, io) : done(UNUSED);
  if (asked.kind !== 'done') return asked;
  const first = since === undefined ? undefined : parseDay(since, asked.value);
  const last = until === undefined ? undefined : parseDay(until, asked.value);
  if (first === null) return misused(dayProblem('since', since));
  if (last === null) return misused(dayProblem('until', until));
  if (first !== undefined && last !== undefined && last < first) {
    return misused(`--until ${last} lies before --since ${first}`);
  }
  // Without a first day the relay takes this month's, which may lie after the last one.
  const from = first ?? (last === undefined ? undefined : firstOfMonth(last));
  return done({ from, to: last === undefined ? undefined : (plusDays(last, 1) ?? undefined) });
}

async function todayIn(
  zone: string | undefined,
  connection: Connection,
  io: Pick<Io, 'fetch' | 'now'>,
): Promise<Outcome<() => Day>> {
  const team = zone === undefined ? await ask(connection, { path: 'v1/team' }, io) : null;
  if (team !== null && team.kind !== 'done') return team;
  const name = zone ?? String(fields(team?.value.json).zone);
  const clock = clockIn(name);
  return clock === null ? misused(`--zone: ${name} is not a time zone known here`) : done(() => clock(io.now()).day);
}

/** Only asked for where a day is given by a word. */
const UNUSED = () => '1970-01-01' as Day;

function dayProblem(name: string, given: string | undefined): string {
  return `--${name} must be a day such as 2026-11-01, 20261101, today, yesterday or 7d, got ${given}`;
}

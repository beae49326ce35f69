// The zone that a command tells time in: the one asked for, else the team's.

import { fields } from '../field.ts';
import { done, type Io, misused, type Options, type Outcome } from './command.ts';
import type { Connection } from './connection.ts';
import { clockIn, type Local } from './day.ts';
import { ask } from './relay.ts';

export const ZONE = {
  zone: {
    type: 'string',
    short: 'z',
    value: 'zone',
    about: 'an IANA time zone such as Europe/Berlin; default: the one of the team',
  },
} as const satisfies Options;

export async function clockOf(
  zone: string | undefined,
  connection: Connection,
  io: Pick<Io, 'fetch'>,
): Promise<Outcome<(ms: number) => Local>> {
  const team = zone === undefined ? await ask(connection, { path: 'v1/team' }, io) : null;
  if (team !== null && team.kind !== 'done') return team;
  const name = zone ?? String(fields(team?.value.json).zone);
  const clock = clockIn(name);
  return clock === null ? misused(`--zone must be an IANA time zone such as Europe/Berlin, got ${name}`) : done(clock);
}

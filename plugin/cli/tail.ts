// `gasline tail`: the team's log as it grows, a line an event.

import { command, type Io, type Options, type Outcome, type Values } from './command.ts';
import { connect, CONNECTION } from './connection.ts';
import type { Local } from './day.ts';
import { type Entry, factsOf } from './follow/entry.ts';
import { follow, FOLLOW } from './follow/follow.ts';
import { type Paint, painter, type Tone } from './paint.ts';
import { plain, safeJson, width } from './text.ts';
import { clockOf, ZONE } from './zone.ts';

const OPTIONS = {
  ...FOLLOW,
  ...ZONE,
  json: { type: 'boolean', about: 'each event whole, as a line of JSON' },
  ...CONNECTION,
} as const satisfies Options;

export const tail = command({
  summary: 'The events of the team as they come',
  notes: ['It goes on until Ctrl-C, and over the restarts of a relay.'],
  options: OPTIONS,
  run,
});

async function run(values: Values<typeof OPTIONS>, io: Io): Promise<Outcome> {
  const connection = connect(values, io, 'read');
  if (connection.kind !== 'done') return connection;
  const clock = values.json === true ? null : await clockOf(values.zone, connection.value, io);
  if (clock !== null && clock.kind !== 'done') return clock;
  const write = clock === null ? ({ event }: Entry) => safeJson(JSON.stringify(event)) : writer(clock.value, io);
  return follow({
    asked: values,
    connection: connection.value,
    io,
    stop: io.interruption(),
    take: (entry) => io.stdout(`${write(entry)}\n`),
  });
}

/** The families of types that ask for somebody's eye. */
const ALARMING =
  /^(session\.(error|stalled)|permission\.asked|question\.asked|town\.escalation_sent|(budget|anomaly|endpoint|archive|escalation)\..*)$/;
const TYPE_COLUMNS = 18;

function writer(clock: (ms: number) => Local, io: Io): (entry: Entry) => string {
  const paint = painter(io);
  let today = clock(io.now()).day;
  return (entry) => {
    const { day, clock: minute } = clock(entry.at);
    const heading = day === today ? '' : `${paint(`── ${day} ──`, 'dim')}\n`;
    today = day;
    return heading + lineOf(entry, minute, paint);
  };
}

function lineOf(entry: Entry, minute: string, paint: Paint): string {
  const second = new Date(entry.at).toISOString().slice(17, 19);
  const type = plain(entry.type);
  const tone: Tone = ALARMING.test(entry.type) ? 'warning' : 'bold';
  const parts = [
    paint(`${minute}:${second}`, 'dim'),
    paint(type, tone) + ' '.repeat(Math.max(0, TYPE_COLUMNS - width(type))),
    plain(entry.member),
    plain(entry.project),
    paint(plain(entry.session), 'dim'),
    ...factsOf(entry),
  ];
  return parts.filter((part) => part !== '').join('  ');
}

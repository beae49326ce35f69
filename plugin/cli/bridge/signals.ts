// Events of the relay that were asked for, as files of a channel of the town (internal/channelevents), which `gt mol step
// await-event` waits for. The place in the log is kept here: an event is written before it counts as written.

import { join } from 'node:path';

import { type Fields, fields } from '../../field.ts';
import { done, failed } from '../command.ts';
import { entryOf } from '../follow/entry.ts';
import { attempt } from '../relay.ts';
import type { Disk } from './disk.ts';
import { BRIDGE } from './feeding.ts';
import type { Part, Round, Work } from './work.ts';

export interface Subscription {
  /** As `GET /v1/events` takes them. */
  readonly types: string;
  readonly channel: string;
}

/** ValidChannelName of internal/channelevents. */
export const CHANNEL = /^[a-zA-Z0-9_-]{1,64}$/;

const PAGE = '200';
const MOST_TEXT = 1_000;

export function signals(work: Work, { types, channel }: Subscription): Part {
  const { read, folder, disk, io, town, say, isDry } = work;
  const path = join(folder, 'signals.json');
  return async () => {
    const known = placeIn(disk.read(path));
    const start = known === null ? await headOf(work) : done(known);
    if (start.kind !== 'done') return start;
    if (known === null && !isDry) remember(disk, path, start.value);
    let after = start.value;
    let written = 0;
    for (;;) {
      const query = { type: types, after: after.toString(), limit: PAGE };
      const answer = await attempt(read, { path: 'v1/events', query }, io);
      if (answer.kind !== 'done') return answer;
      const { events, next, head } = fields(answer.value.json);
      const upTo = next ?? head;
      if (!Array.isArray(events) || typeof upTo !== 'number')
        return failed('the relay answers in a form not known here');
      for (const event of events) {
        const signal = signalOf(event, channel);
        if (signal === null || isEcho(event, town.name)) continue;
        written += 1;
        if (isDry) say(`would write events/${channel}/${signal.file}`);
        else disk.replace(join(town.root, 'events', channel, signal.file), signal.text);
      }
      after = upTo;
      if (!isDry) remember(disk, path, after);
      if (next === null) return done(written);
    }
  };
}

/** What a bridge told of the town is no news to it; what its agents did is. */
function isEcho(event: unknown, name: string): boolean {
  const { id, town } = fields(fields(event).source);
  return typeof id === 'string' && id.startsWith(BRIDGE) && fields(town).town === name;
}

async function headOf({ read, io }: Work): Promise<Round> {
  const team = await attempt(read, { path: 'v1/team' }, io);
  if (team.kind !== 'done') return team;
  const { head } = fields(team.value.json);
  return typeof head === 'number' ? done(head) : failed('the relay answers in a form not known here');
}

function placeIn(text: string | null): number | null {
  if (text === null) return null;
  const { after } = fields(JSON.parse(text));
  return typeof after === 'number' ? after : null;
}

function remember(disk: Disk, path: string, after: number): void {
  disk.replace(path, JSON.stringify({ after }));
}

export interface Signal {
  readonly file: string;
  readonly text: string;
}

/** The same event makes the same file, so that one written twice is there once. Null for what is no event. */
export function signalOf(event: unknown, channel: string): Signal | null {
  const entry = entryOf(event);
  const { seq, timestamp } = fields(event);
  if (entry === null || typeof seq !== 'number') return null;
  const { id, type, at, member, project, session, data } = entry;
  const named = { id, member, project, session };
  const payload = { ...flat(data, ''), ...Object.fromEntries(Object.entries(named).filter(([, text]) => text !== '')) };
  const text = JSON.stringify({ type, channel, timestamp, payload }, null, 2);
  // A town writes its process id last; ours is nobody's.
  return { file: `${at}000000-${seq}-0.event`, text };
}

/** The town's payloads are texts by name, without anything below. */
function flat(data: Fields, above: string): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(data)) {
    const isBranch = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isBranch) Object.assign(texts, flat(fields(value), `${above}${name}.`));
    else if (value !== null)
      texts[above + name] = (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, MOST_TEXT);
  }
  return texts;
}

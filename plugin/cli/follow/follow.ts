// Follows the team's log: page after page, each of which the relay holds back until there is something in it. A relay that goes
// away is asked again, after the last event that came: none is missed and none comes twice.

import { setTimeout as sleep } from 'node:timers/promises';

import { backoffMs } from '../../backoff.ts';
import { fields, list } from '../../field.ts';
import { done, DONE, failed, type Io, misused, type Options, type Outcome, type Values } from '../command.ts';
import type { Connection } from '../connection.ts';
import { ask, attempt } from '../relay.ts';
import { plain } from '../text.ts';
import { type Entry, entryOf } from './entry.ts';

export const FOLLOW = {
  events: { type: 'string', short: 'e', value: 'types', about: 'only these: session.*,message.updated' },
  member: { type: 'string', value: 'name', about: 'only of this member' },
  project: { type: 'string', value: 'name', about: 'only of this project, by its id or its name' },
  session: { type: 'string', value: 'id', about: 'only of this session' },
  since: {
    type: 'string',
    short: 's',
    value: 'time',
    about: 'begins in the past: 15m, 2h, 3d, 2026-11-22T09:00:00Z; default: with what comes from now on',
  },
} as const satisfies Options;

const WAIT_S = 30;
const PAGE = 500;
/** Whoever looks at a terminal looks for this long. */
const MAX_PAUSE_MS = 15_000;

interface Following {
  readonly asked: Values<typeof FOLLOW>;
  readonly connection: Connection;
  readonly io: Io;
  readonly stop: AbortSignal;
  /** Is given each event in its turn, and the next one when it is through with it. */
  readonly take: (entry: Entry) => Promise<void> | void;
}

/** Ends when it is stopped, or when the relay refuses for good. */
export async function follow({ asked, connection, io, stop, take }: Following): Promise<Outcome> {
  const { events: type, member, project, session } = asked;
  const since = sinceOf(asked.since, io.now());
  if (since === null)
    return misused(`--since must be a time such as 15m, 2h, 3d or 2026-11-22T09:00:00Z, got ${asked.since}`);
  const start = since === undefined ? await headOf(connection, io) : done({ since });
  if (start.kind !== 'done') return start;
  const filter = { type, member, project, session, wait: WAIT_S.toString(), limit: PAGE.toString() };
  let from: Readonly<Record<string, string>> = start.value;
  let failures = 0;
  while (!stop.aborted) {
    const answer = await attempt(connection, { path: 'v1/events', query: { ...filter, ...from } }, io, stop);
    if (stop.aborted) break;
    if (answer.kind === 'away') {
      if (failures === 0) io.stderr(`${plain(answer.problem)}; trying again until it answers\n`);
      failures += 1;
      await pause(Math.min(backoffMs('later', failures, Math.random()), MAX_PAUSE_MS), stop);
      continue;
    }
    if (answer.kind !== 'done') return answer;
    const page = pageOf(answer.value.json);
    if (page === null) return failed('the relay answers in a form not known here: is one of the two newer?');
    if (failures > 0) io.stderr('the relay answers again\n');
    failures = 0;
    for (const entry of page.entries) {
      await take(entry);
      if (stop.aborted) return DONE;
    }
    from = { after: page.next.toString() };
  }
  return DONE;
}

/** A day, which is meant in UTC, or a time with its offset. */
const MOMENT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;
const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** As the relay takes it; null for what is no time. */
function sinceOf(given: string | undefined, now: number): string | null | undefined {
  if (given === undefined) return undefined;
  const [, count, unit] = /^(\d{1,4})([mhd])$/.exec(given) ?? [];
  if (count !== undefined) return new Date(now - Number(count) * UNITS[unit as keyof typeof UNITS]).toISOString();
  const at = MOMENT.test(given) ? Date.parse(given) : Number.NaN;
  return Number.isFinite(at) ? new Date(at).toISOString() : null;
}

async function headOf(connection: Connection, io: Pick<Io, 'fetch'>): Promise<Outcome<{ readonly after: string }>> {
  const team = await ask(connection, { path: 'v1/team' }, io);
  if (team.kind !== 'done') return team;
  return done({ after: String(fields(team.value.json).head) });
}

function pageOf(json: unknown): { readonly entries: readonly Entry[]; readonly next: number } | null {
  const { events, next, head } = fields(json);
  const after = next ?? head;
  const entries = list(events).flatMap((event) => entryOf(event) ?? []);
  if (typeof after !== 'number' || !Array.isArray(events) || entries.length < events.length) return null;
  return { entries, next: after };
}

/** Ends early where it is stopped. */
export async function pause(ms: number, stop: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: stop }).catch(() => {});
}

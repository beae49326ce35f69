// OpenCode's spend in the town's own cost report: a line for whatever came since the last one. A line is announced on this side's
// disk, written, and then counted as written; what the file itself says of our lines goes before what the state says, so that no
// end of the bridge and no rewriting by `gt costs digest` makes a cent count twice.

import { join } from 'node:path';

import { fields, list } from '../../field.ts';
import { done } from '../command.ts';
import { dollars, nanoOf, usdOf } from '../figure.ts';
import { hashOf, lineOf, localTime, MOST_BYTES, parsed, type Telling, type Told, toldIn } from './costs-line.ts';
import type { Disk } from './disk.ts';
import { dayOf, detail, overview, type Span, type Spent } from './spend.ts';
import { sessionOf } from './town.ts';
import type { Part, Work } from './work.ts';

const DAY_MS = 86_400_000;
/** A machine that was away brings its costs later: so far back it is looked once an hour, else to yesterday. */
const DAYS_BACK = 35;
const HOUR_MS = 3_600_000;

interface State {
  /** The first day that is told of, in the zone, which is kept as the days are cut by it. */
  readonly since: string;
  readonly zone: string;
  readonly n: number;
  readonly told: ReadonlyMap<string, Told>;
  /** The line that was to be written when this was: whether it was, the file knows. */
  readonly announced: (Told & { readonly at: number }) | null;
}

export function costsOut(work: Work): Part {
  const { town, folder, io, isDry, say } = work;
  const path = join(folder, 'costs.json');
  let state: State | null = null;
  /** What each role and rig had spent when it was last looked at closely. */
  const seen = new Map<string, bigint>();
  let lookedBackAt = 0;

  return async () => {
    const now = io.now();
    if (state === null) {
      state = opened(work, path);
      // What was read from the file may be taken out of it.
      if (!isDry) save(work.disk, path, state);
    }
    const isLookBack = now - lookedBackAt >= HOUR_MS;
    const span = spanOf(state, now, isLookBack ? DAYS_BACK : 1);
    const sums = await overview(work, span);
    if (sums.kind !== 'done') return sums;
    const groups = new Map(sums.value.map((row) => [groupOf(row), row]));
    const changed = new Set(
      sums.value.filter((row) => seen.get(`${row.day} ${groupOf(row)}`) !== row.nano).map(groupOf),
    );
    let written = 0;
    for (const group of changed) {
      const of = groups.get(group);
      if (of === undefined) continue;
      const spent = await detail(work, span, of, [...groups.values()]);
      if (spent.kind !== 'done') return spent;
      for (const telling of tellings(state, spent.value, work)) {
        written += 1;
        const { delta, session } = telling;
        if (isDry) {
          say(`would add ${dollars(delta)} of ${session} to ${town.costsFile}`);
          continue;
        }
        const before: State = state;
        // However the writing ends, what is in the file by then is looked at before anything else is written.
        state = null;
        state = write(work, path, before, { ...telling, n: before.n + 1 });
        say(`added ${dollars(delta)} of ${session} to the town's costs`);
      }
    }
    for (const row of sums.value) seen.set(`${row.day} ${groupOf(row)}`, row.nano);
    if (isLookBack) lookedBackAt = now;
    return done(written);
  };
}

function groupOf({ role, rig }: Pick<Spent, 'role' | 'rig'>): string {
  return JSON.stringify([role, rig]);
}

function spanOf({ since, zone }: State, now: number, daysBack: number): Span {
  const back = dayOf(now - daysBack * DAY_MS, zone);
  return { from: back > since ? back : since, to: dayOf(now + 2 * DAY_MS, zone), zone };
}

function tellings(state: State, spent: readonly Spent[], { town, io }: Work): Telling[] {
  const at = io.now();
  return spent.flatMap((row) => {
    const key = hashOf(row);
    const delta = row.nano - (state.told.get(key)?.total ?? 0n);
    return delta === 0n ? [] : { ...row, n: state.n, key, total: row.nano, delta, session: sessionOf(town, row), at };
  });
}

function write({ disk, town, relay }: Work, path: string, state: State, telling: Telling): State {
  const line = lineOf(telling, { town: town.name, relay });
  if (Buffer.byteLength(line) > MOST_BYTES) throw new Error(`a line of ${Buffer.byteLength(line)} bytes`);
  save(disk, path, { ...state, announced: telling });
  // A line that somebody could not end must not swallow ours.
  const isOpen = !/(^|\n)$/.test(disk.read(town.costsFile) ?? '');
  disk.append(town.costsFile, isOpen ? `\n${line}` : line);
  const after = { ...state, n: telling.n, told: new Map(state.told).set(telling.key, telling), announced: null };
  save(disk, path, after);
  return after;
}

function save(disk: Disk, path: string, { told, announced, ...rest }: State): void {
  const plain = ({ n, key, day, total }: Told) => ({ n, key, day, total: usdOf(total) });
  const kept = [...told.values()].map(plain);
  const waits = announced === null ? null : { ...plain(announced), at: announced.at };
  disk.replace(path, JSON.stringify({ ...rest, told: kept, announced: waits }));
}

/** Without a state nothing of before today is told: what was told of it may have been taken out of the file by a digest. */
function opened({ disk, io, town, relay }: Work, path: string): State {
  const now = io.now();
  const lines = disk.read(town.costsFile)?.split('\n') ?? null;
  const saved = fields(JSON.parse(disk.read(path) ?? '{}'));
  const zone = typeof saved.zone === 'string' ? saved.zone : Intl.DateTimeFormat().resolvedOptions().timeZone;
  const since = typeof saved.since === 'string' ? saved.since : dayOf(now, zone);
  const oldest = dayOf(now - (DAYS_BACK + 5) * DAY_MS, zone);
  const inFile = (lines ?? []).flatMap((line) => toldIn(line, { town: town.name, relay }) ?? []);
  const announced = list([saved.announced]).flatMap((one) => savedTold(one) ?? []);
  const isTaken = announced.filter((one) => isDigested(one, lines, now));
  const all = [...list(saved.told).flatMap((one) => savedTold(one) ?? []), ...inFile, ...isTaken];
  const told = new Map<string, Told>();
  for (const one of all.toSorted((a, b) => a.n - b.n))
    if (one.day >= since && one.day >= oldest) told.set(one.key, one);
  const n = Math.max(typeof saved.n === 'number' ? saved.n : 0, ...all.map((one) => one.n));
  return { since, zone, n, told, announced: null };
}

/**
 * Whether a line that was announced, and is not in the file, may have been there: where nothing is left of its whole day. To tell
 * a spend too little is better than twice.
 */
function isDigested({ at }: Told & { readonly at: number }, lines: readonly string[] | null, now: number): boolean {
  const day = localTime(at).slice(0, 10);
  if (lines === null || day === localTime(now).slice(0, 10)) return false;
  return !lines.some((line) => String(parsed(line).ended_at).startsWith(day));
}

function savedTold(value: unknown): (Told & { readonly at: number }) | null {
  const { n, key, day, total, at = 0 } = fields(value);
  const nano = nanoOf(total);
  if (typeof n !== 'number' || typeof key !== 'string' || typeof day !== 'string' || typeof at !== 'number')
    return null;
  return nano === null ? null : { n, key, day, total: nano, at };
}

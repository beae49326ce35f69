// Fills a ledger past the door with a month of a team's work, by the store's own statements: 20 members, 10 projects, 4 models,
// nine hours on each weekday. In an hour a member works on two projects, mostly with one model, and a small one for titles; a
// session has fifty messages.
import { DIMENSIONS, type Dimension } from '../../../worker/ledger/dimension.ts';
import type { Entry } from '../../../worker/ledger/entry.ts';
import type { NanoUsd } from '../../../worker/ledger/money.ts';
import type { Stamp } from '../../../worker/event/stamp.ts';
import { openBook } from '../../../worker/store/book.ts';
import { openDatabase } from '../../../worker/store/open.ts';
import { dimensionId } from '../../../worker/store/ledger.ts';
import { MEMBERS, type Filling } from '../order.ts';

const HOUR = 3_600_000;
const HOURS_A_DAY = 9;
const PROJECTS = 10;
const MODELS = ['claude-opus-4-6', 'claude-sonnet-4-6', 'gpt-5.2', 'claude-haiku-4-5'] as const;

/** Returns how many entries it wrote. */
export function fill(storage: DurableObjectStorage, { total, from, to, month, received }: Filling): number {
  const db = openDatabase(storage, 1_000);
  const hours = workingHours(month);
  const book = openBook([]);
  for (let index = from; index < to; index += 1) {
    // Spread evenly over the month's hours, the members taking turns.
    const slot = Math.floor((index / total) * hours.length);
    const at = (hours[slot] ?? month) + Math.floor(hash(index) * HOUR);
    book.enter(entryAt(index, at, dimensionId(db, dimensionOf(index, slot))));
  }
  db.transaction(() => book.close(db, received));
  return to - from;
}

function workingHours(month: number): number[] {
  const hours: number[] = [];
  for (let day = month; new Date(day).getUTCMonth() === new Date(month).getUTCMonth(); day += 24 * HOUR) {
    if ([0, 6].includes(new Date(day).getUTCDay())) continue;
    for (let hour = 0; hour < HOURS_A_DAY; hour += 1) hours.push(day + (8 + hour) * HOUR);
  }
  return hours;
}

function dimensionOf(index: number, slot: number): Dimension {
  const member = index % MEMBERS;
  const project = (member * 3 + slot + (hash(index * 7) < 0.3 ? 1 : 0)) % PROJECTS;
  const chance = hash(index * 13);
  const model = MODELS[chance < 0.15 ? 3 : (member + (chance < 0.9 ? 0 : 1)) % 3] ?? MODELS[0];
  const none = Object.fromEntries(DIMENSIONS.map((name) => [name, null])) as Dimension;
  return {
    ...none,
    member: `member${member}@example.com`,
    project: `project${project}`,
    project_name: `example.com/acme/project${project}`,
    branch: 'main',
    host: `laptop-${member}`,
    provider: 'anthropic',
    model,
    agent: 'build',
    kind: 'chat',
    basis: 'reported',
    state: 'kept',
  };
}

function entryAt(index: number, at: number, dimension: number): Entry {
  const input = 500 + (index % 4_000);
  const cost = (input * 5_000 + 7_500_000) as NanoUsd;
  return {
    session: `ses_${index % MEMBERS}_${Math.floor(index / (50 * MEMBERS))}`,
    message: `msg_${index}`,
    dimension,
    at,
    finished: true,
    live: true,
    tokens: { input, output: 300, reasoning: 0, cache_read: input * 10, cache_write: 0 },
    cost,
    reported: cost,
    list: null,
    price: null,
    basis: 'reported',
    state: 'kept',
    stamp: `${at}.${index}` as Stamp,
  };
}

/** A fixed scatter over 0 … 1, so that every run measures the same ledger. */
function hash(index: number): number {
  return ((index * 2_654_435_761) % 4_294_967_296) / 4_294_967_296;
}

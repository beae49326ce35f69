// Lines of a town's file become events of the relay. How far it has come is kept together with the number of the last event, so that
// a line which is read again after a crash gets the number that it had, and the relay knows it.

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { CONTRACT_VERSION, type Source, type TownTags } from '../../contract.ts';
import { type Fields, fields, list, name } from '../../field.ts';
import { memberOf } from '../../source.ts';
import { VERSION } from '../../version.ts';
import { done } from '../command.ts';
import { attempt } from '../relay.ts';
import { plain } from '../text.ts';
import { type Mark, markIn, START } from './mark.ts';
import { endOf, readOn } from './tail.ts';
import type { Round, Work } from './work.ts';

/** An event before it has a number, and the part of the town that it is about. */
export interface Draft {
  readonly tags: Omit<TownTags, 'town'>;
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly time: string;
    readonly session: string | null;
    readonly data: object;
  };
}

/** What the lines so far mean for those that come, as far as they mean anything; it is written down as JSON. */
export interface Read {
  readonly drafts: readonly Draft[];
  readonly carry: Fields;
}

export interface Feeding {
  /** Of its file in the bridge's folder. */
  readonly name: string;
  readonly path: string;
  /** Where the first bridge of a town begins, or why that cannot be told yet. */
  readonly begin: () => Promise<Round | { readonly kind: 'begin'; readonly at: 'start' | 'end' }>;
  readonly read: (line: string, carry: Fields) => Read;
  /** Further effects of some lines, each of which may come twice. */
  readonly also?: (lines: readonly string[]) => Promise<Round>;
}

/** What the id of a source of ours begins with. */
export const BRIDGE = 'bridge_';

export const NOBODY: Draft['tags'] = { role: null, rig: null, worker: null, bead: null };

interface State {
  readonly source: string;
  readonly seq: number;
  readonly mark: Mark;
  readonly carry: Fields;
}

export async function feed(work: Work, feeding: Feeding): Promise<Round> {
  const { folder, disk, isDry, say } = work;
  const { name, path, read, also } = feeding;
  const file = join(folder, `${name}.json`);
  let state = savedIn(disk.read(file));
  if (state === null) {
    const begin = await feeding.begin();
    if (begin.kind !== 'begin') return begin;
    const first = await beginning(feeding, begin.at);
    state = { ...first, source: `${BRIDGE}${randomBytes(8).toString('hex')}`, seq: 0 };
    // Before anything is sent: its numbers belong to this source.
    if (!isDry) disk.replace(file, JSON.stringify(state));
  }
  let sent = 0;
  for (;;) {
    const reading = await readOn(path, state.mark);
    if (reading === null || reading.lines.length === 0) return done(sent);
    let carry: Fields = state.carry;
    const drafts: Draft[] = [];
    for (const line of reading.lines) {
      const one = read(line, carry);
      drafts.push(...one.drafts);
      carry = one.carry;
    }
    if (isDry) for (const { event } of drafts) say(`would send ${event.type} of ${event.time}`);
    const posted = isDry ? done(drafts.length) : await post(work, state, drafts);
    const further = posted.kind === 'done' && also !== undefined ? await also(reading.lines) : posted;
    if (further.kind !== 'done') return further;
    sent += drafts.length;
    state = { ...state, carry, mark: reading.mark, seq: state.seq + drafts.length };
    if (!isDry) disk.replace(file, JSON.stringify(state));
    if (!reading.isMore) return done(sent);
  }
}

/** At the end, what the lines before it mean is known all the same. */
async function beginning({ path, read }: Feeding, at: 'start' | 'end'): Promise<Pick<State, 'mark' | 'carry'>> {
  if (at === 'start') return { mark: START, carry: {} };
  const end = endOf(path) ?? START;
  let carry: Fields = {};
  let mark = START;
  while (mark.offset < end.offset) {
    const reading = await readOn(path, mark);
    if (reading === null || reading.lines.length === 0) break;
    for (const line of reading.lines) carry = read(line, carry).carry;
    ({ mark } = reading);
  }
  return { mark: end, carry };
}

const BATCH_EVENTS = 200;
const BATCH_BYTES = 400_000;

async function post(work: Work, { source, seq }: State, drafts: readonly Draft[]): Promise<Round> {
  let next = seq;
  for (const batch of batches(drafts)) {
    const [first] = batch;
    const events = batch.map(({ event }, index) => ({ seq: next + 1 + index, ...event }));
    const body = {
      version: CONTRACT_VERSION,
      source: sourceOf(work, source, first?.tags ?? NOBODY),
      sent_at: new Date(work.io.now()).toISOString(),
      backlog: 0,
      events,
    };
    const answer = await attempt(work.ingest, { method: 'POST', path: 'v1/events', body }, work.io);
    // One that the relay cannot take is told and left behind: it would be refused for ever.
    const isRefused = answer.kind === 'failed' && answer.status === 422;
    if (answer.kind !== 'done' && !isRefused) return answer;
    const rejected = answer.kind === 'done' ? list(fields(answer.value.json).rejected) : [];
    if (isRefused) work.say(`the relay takes none of ${batch.length} events: ${plain(answer.problem)}`);
    for (const { index, detail } of rejected.map(fields)) {
      work.say(`the relay does not take ${batch[Number(index)]?.event.id}: ${plain(String(detail))}`);
    }
    next += batch.length;
  }
  return done(drafts.length);
}

/** Of one part of the town each, in the order of the lines. */
function batches(drafts: readonly Draft[]): readonly (readonly Draft[])[] {
  const all: Draft[][] = [];
  let bytes = 0;
  for (const draft of drafts) {
    const size = Buffer.byteLength(JSON.stringify(draft.event));
    const last = all.at(-1);
    const isSame = JSON.stringify(last?.[0]?.tags) === JSON.stringify(draft.tags);
    if (last !== undefined && isSame && last.length < BATCH_EVENTS && bytes + size < BATCH_BYTES) {
      last.push(draft);
      bytes += size;
    } else {
      all.push([draft]);
      bytes = size;
    }
  }
  return all;
}

function sourceOf({ town, io: { env } }: Work, id: string, tags: Draft['tags']): Source {
  return {
    id,
    plugin_version: VERSION,
    opencode_version: null,
    host: name(hostname()) ?? 'unknown',
    member: memberOf(name(env.GASLINE_MEMBER), null, env),
    project: null,
    branch: null,
    town: { town: name(town.name), ...tags },
  };
}

function savedIn(text: string | null): State | null {
  const { source, seq, mark: place, carry } = fields(text === null ? null : JSON.parse(text));
  const mark = markIn(place);
  if (typeof source !== 'string' || typeof seq !== 'number' || mark === null) return null;
  return { source, seq, mark, carry: fields(carry) };
}

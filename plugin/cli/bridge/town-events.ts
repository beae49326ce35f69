// What happens in the town, line by line of `.events.jsonl` (internal/events) and of the `.feed.jsonl` that the town makes of it, as
// events of the relay: `town.sling`, `town.feed.merged`. An escalation is a message to the overseer too.

import { join } from 'node:path';

import { type Fields, fields, list } from '../../field.ts';
import { readTown } from '../../town.ts';
import { done } from '../command.ts';
import { plain } from '../text.ts';
import { type Draft, feed, NOBODY } from './feeding.ts';
import { hashOf } from './mark.ts';
import { postMail } from './mail-out.ts';
import type { Part, Round, Work } from './work.ts';

const BEGIN = { kind: 'begin', at: 'end' } as const;

export function townEvents(work: Work): Part {
  const path = join(work.town.root, '.events.jsonl');
  const read = (line: string, carry: Fields) => ({ carry, drafts: draftsOf(line, 'town', work) });
  return () =>
    feed(work, { name: 'events', path, begin: async () => BEGIN, read, also: (lines) => escalate(work, lines) });
}

export function townFeed(work: Work): Part {
  const path = join(work.town.root, '.feed.jsonl');
  const read = (line: string, carry: Fields) => ({ carry, drafts: draftsOf(line, 'town.feed', work) });
  return () => feed(work, { name: 'feed', path, begin: async () => BEGIN, read });
}

/** The relay's limit on the data of an event is 16,384 bytes. */
const MOST_DATA = 12_000;
const EARLIEST = Date.UTC(2024, 0, 1);

/** None of a line that is no event. */
export function draftsOf(line: string, family: string, { io }: Pick<Work, 'io'>): readonly Draft[] {
  const { ts, type, actor, visibility, payload, summary, count } = eventIn(line);
  if (typeof type !== 'string' || type === '') return [];
  const word = type
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]+/g, '_')
    .slice(0, 100);
  const at = typeof ts === 'string' ? Date.parse(ts) : Number.NaN;
  const now = io.now();
  const time = at > EARLIEST && at < now + 3_600_000 ? at : now;
  const said = { actor, visibility, summary, count };
  const data = { ...said, payload: fields(payload) };
  const isLarge = Buffer.byteLength(JSON.stringify(data)) > MOST_DATA;
  return [
    {
      tags: tagsOf(text(actor)),
      event: {
        id: `town_${hashOf(line)}`,
        type: `${family}.${word}`,
        time: new Date(time).toISOString(),
        session: null,
        data: isLarge ? { actor: text(actor).slice(0, 200), is_cut: true } : data,
      },
    },
  ];
}

const ROLES: readonly string[] = ['mayor', 'deacon', 'boot', 'dog', 'witness', 'refinery', 'crew', 'polecat'];

/** Who did it, as agents call themselves (ActorString of internal/cmd/role.go), or by the short address of a worker. */
function tagsOf(actor: string): Draft['tags'] {
  const parts = actor.split('/');
  const tags = readTown({ GT_ROLE: actor === 'deacon-boot' ? 'deacon/boot' : actor });
  if (tags === null || parts.length > 3) return NOBODY;
  const { role, rig, worker } = tags;
  if (role !== null && ROLES.includes(role)) return { role, rig, worker, bead: null };
  return rig === null || parts.length > 2 ? NOBODY : { role: null, rig, worker: role, bead: null };
}

const PRIORITIES = new Map([
  ['critical', 'urgent'],
  ['high', 'high'],
  ['medium', 'normal'],
  ['low', 'low'],
]);

/** The overseer's mailbox is full: the event tells of it all the same, and those after it are not held up. */
const CONFLICT = 409;

/** As `gt escalate` and `gt escalate stale` write it down (internal/cmd/escalate_impl.go): the bead stands where a rig would. */
async function escalate(work: Work, lines: readonly string[]): Promise<Round> {
  for (const line of lines) {
    const { type, actor, payload } = eventIn(line);
    if (type !== 'escalation_sent') continue;
    const { severity, new_severity, rig, escalation_id, reason } = fields(payload);
    const level = text(severity) || text(new_severity);
    const bead = text(rig) || text(escalation_id);
    const what = text(reason) || `${bead} is still open`;
    const sent = await postMail(work, {
      key: `escalation ${hashOf(line)}`,
      to: 'overseer',
      from: text(actor),
      subject: `[${level.toUpperCase() || 'ESCALATION'}] ${what}`,
      body: `${what}\n\nAcknowledge it in the town: gt escalate ack ${bead}`,
      mark: bead || hashOf(line),
      priority: PRIORITIES.get(level) ?? 'high',
      type: 'escalation',
      thread: null,
      frame: [],
    });
    if (sent.kind === 'failed' && sent.status === CONFLICT)
      work.say(`an escalation is no mail: ${plain(sent.problem)}`);
    else if (sent.kind !== 'done') return sent;
  }
  return done(0);
}

function eventIn(line: string): Fields {
  try {
    const event: unknown = JSON.parse(line);
    return list(event).length === 0 ? fields(event) : {};
  } catch {
    // Cut off by a crash of whoever wrote it.
    return {};
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

// `gasline sessions`: what each session cost alone, and with the sub-agents it started.

import { fields, list } from '../field.ts';
import { command, DONE, failed, type Io, misused, type Options, type Outcome, type Values } from './command.ts';
import { connect, CONNECTION } from './connection.ts';
import type { Local } from './day.ts';
import { dollars, grouped, nanoOf } from './figure.ts';
import { groupBy } from './group.ts';
import { painter } from './paint.ts';
import { ask } from './relay.ts';
import { type Line, layOut, wrap } from './table.ts';
import { plain, safeJson } from './text.ts';
import { clockOf, ZONE } from './zone.ts';

const OPTIONS = {
  sort: { type: 'string', value: 'order', about: 'recent or cost; default: recent' },
  limit: {
    type: 'string',
    short: 'n',
    value: 'count',
    about: 'so many sessions, their sub-agents not counted; default: 20',
  },
  member: { type: 'string', value: 'name', about: 'of this member' },
  project: { type: 'string', value: 'name', about: 'of this project, by its id or its name' },
  ...ZONE,
  json: { type: 'boolean', about: "the relay's own answer, exact" },
  ...CONNECTION,
} as const satisfies Options;

export const sessions = command({
  summary: 'The sessions, with what their sub-agents cost',
  options: OPTIONS,
  run,
});

/** The most that the relay gives at once: sub-agents have to be among them to be shown under their session. */
const PAGE = 1_000;

interface Session {
  readonly id: string;
  readonly parent: string | null;
  readonly title: string;
  readonly member: string;
  readonly project: string;
  readonly at: number;
  readonly messages: number;
  readonly own: bigint;
  readonly inclusive: bigint;
}

async function run(values: Values<typeof OPTIONS>, io: Io): Promise<Outcome> {
  const { sort = 'recent', limit = '20', member, project, zone } = values;
  if (sort !== 'recent' && sort !== 'cost') return misused(`--sort must be recent or cost, got ${sort}`);
  if (!/^[1-9]\d{0,2}$/.test(limit)) return misused(`--limit must be a number from 1 to 999, got ${limit}`);
  const connection = connect(values, io, 'read');
  if (connection.kind !== 'done') return connection;
  const page = values.json === true ? limit : PAGE.toString();
  const query = { sort, member, project, limit: page };
  const answer = await ask(connection.value, { path: 'v1/sessions', query }, io);
  if (answer.kind !== 'done') return answer;
  if (values.json === true) {
    io.stdout(`${safeJson(answer.value.text)}\n`);
    return DONE;
  }
  const given = list(fields(answer.value.json).sessions);
  const read = given.flatMap((value) => sessionOf(value) ?? []);
  if (read.length !== given.length)
    return failed('the relay answers in a form not known here: is one of the two newer?');
  if (read.length === 0) {
    io.stdout('No sessions.\n');
    return DONE;
  }
  const clock = await clockOf(zone, connection.value, io);
  if (clock.kind !== 'done') return clock;
  const paint = painter(io);
  const lines = treeOf(read, sort, Number(limit)).map(([session, depth]) =>
    lineOf(session, depth, clock.value(session.at)),
  );
  const { lines: laid, dropped } = layOut({ columns: COLUMNS, lines, total: null }, io.columns, paint);
  const room = dropped.length === 0 ? [] : wrap(`No room for: ${dropped.join(', ').toLowerCase()}.`, io.columns);
  io.stdout([...laid, ...room.map((text) => paint(text, 'dim')), ''].join('\n'));
  return DONE;
}

const COLUMNS = [
  { heading: 'Session', kind: 'name' },
  { heading: 'Last active', kind: 'figure', drop: 2 },
  { heading: 'Member', kind: 'name', drop: 3 },
  { heading: 'Project', kind: 'name', drop: 4 },
  { heading: 'Messages', kind: 'figure', drop: 5 },
  { heading: 'Own cost', kind: 'figure', drop: 1 },
  { heading: 'With sub-agents', kind: 'figure' },
] as const;

function lineOf(session: Session, depth: number, { day, clock }: Local): Line {
  const { id, title, member, project, messages, own, inclusive } = session;
  return {
    cells: [
      `${'  '.repeat(Math.min(depth, 5))}${depth === 0 ? '' : '└ '}${plain(title === '' ? id : title)}`,
      `${day} ${clock}`,
      plain(member),
      plain(project),
      grouped(messages),
      dollars(own),
      dollars(inclusive),
    ],
    tone: depth === 0 ? 'plain' : 'dim',
  };
}

/** A session and those below it, each with its depth. */
type Tree = readonly (readonly [Session, number])[];

/** The first sessions that nobody in the list started, each followed by those that it did. */
function treeOf(sessions: readonly Session[], sort: 'recent' | 'cost', most: number): Tree {
  const known = new Set(sessions.map(({ id }) => id));
  const isRoot = ({ id, parent }: Session) => parent === null || parent === id || !known.has(parent);
  const started = groupBy(sessions, (session) => (isRoot(session) ? null : session.parent));
  const seen = new Set<string>();
  const below = (session: Session, depth: number): Tree => {
    if (seen.has(session.id)) return [];
    seen.add(session.id);
    return [[session, depth], ...(started.get(session.id) ?? []).flatMap((child) => below(child, depth + 1))];
  };
  // Sessions that name each other as parents hang below none: the first of them stands for a root.
  const trees = [...(started.get(null) ?? []), ...sessions].map((session) => below(session, 0));
  const cost = ([root]: Tree) => root?.[0].inclusive ?? 0n;
  const ordered =
    sort === 'cost' ? trees.toSorted((a, b) => Number(cost(b) > cost(a)) - Number(cost(b) < cost(a))) : trees;
  return ordered
    .filter(({ length }) => length > 0)
    .slice(0, most)
    .flat();
}

function sessionOf(value: unknown): Session | null {
  const given = fields(value);
  const text = (of: unknown) => (typeof of === 'string' ? of : '');
  const [own, inclusive] = [nanoOf(given.cost_usd), nanoOf(given.inclusive_cost_usd)];
  const at = Date.parse(text(given.last_at));
  if (typeof given.id !== 'string' || own === null || inclusive === null || Number.isNaN(at)) return null;
  return {
    id: given.id,
    parent: typeof given.parent === 'string' ? given.parent : null,
    title: text(given.title),
    member: text(given.member),
    project: text(fields(given.project).name) || text(fields(given.project).id),
    at,
    messages: Number(given.messages),
    own,
    inclusive,
  };
}

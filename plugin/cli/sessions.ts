// `gasline sessions`: what each session cost alone, and with the sub-agents it started.

import { command, DONE, type Io, misused, type Options, type Outcome, type Values } from './command.ts';
import { connect, CONNECTION } from './connection.ts';
import type { Local } from './day.ts';
import { cost, grouped, OPEN } from './figure.ts';
import { painter } from './paint.ts';
import { ask } from './relay.ts';
import { readTrees, type Session } from './session-trees.ts';
import { type Line, layOut, wrap } from './table.ts';
import { plain, safeJson } from './text.ts';
import { clockOf, ZONE } from './zone.ts';

const OPTIONS = {
  sort: { type: 'string', value: 'order', about: 'recent, or cost with all sub-agents; default: recent' },
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

async function run(values: Values<typeof OPTIONS>, io: Io): Promise<Outcome> {
  const { sort = 'recent', limit = '20', member, project, zone } = values;
  if (sort !== 'recent' && sort !== 'cost') return misused(`--sort must be recent or cost, got ${sort}`);
  if (!/^[1-9]\d{0,2}$/.test(limit)) return misused(`--limit must be a number from 1 to 999, got ${limit}`);
  const connection = connect(values, io, 'read');
  if (connection.kind !== 'done') return connection;
  const query = { roots: 'true', sort, member, project, limit };
  const answer = await ask(connection.value, { path: 'v1/sessions', query }, io);
  if (answer.kind !== 'done') return answer;
  if (values.json === true) {
    io.stdout(`${safeJson(answer.value.text)}\n`);
    return DONE;
  }
  const trees = await readTrees(answer.value.json, sort, connection.value, io);
  if (trees.kind !== 'done') return trees;
  if (trees.value.length === 0) {
    io.stdout('No sessions.\n');
    return DONE;
  }
  const clock = await clockOf(zone, connection.value, io);
  if (clock.kind !== 'done') return clock;
  const paint = painter(io);
  const isOpen = trees.value.some(({ sessions: [root] }) => (root?.[0].inclusive.unpriced ?? 0) > 0);
  const lines = trees.value.flatMap(({ sessions, more }) => [
    ...sessions.map(([session, depth]) => lineOf(session, depth, clock.value(session.at), isOpen)),
    ...(more === 0 ? [] : [restOf(more)]),
  ]);
  const columns = COLUMNS.map((column) =>
    isOpen && column.isCost ? { ...column, heading: column.heading + OPEN } : column,
  );
  const { lines: laid, dropped } = layOut({ columns, lines, total: null }, io.columns, paint);
  const room = dropped.length === 0 ? [] : wrap(`No room for: ${dropped.join(', ').toLowerCase()}.`, io.columns);
  io.stdout([...laid, ...room.map((text) => paint(text, 'dim')), ''].join('\n'));
  return DONE;
}

const COLUMNS = [
  { heading: 'Session', kind: 'name', isCost: false },
  { heading: 'Last active', kind: 'figure', drop: 2, isCost: false },
  { heading: 'Member', kind: 'name', drop: 3, isCost: false },
  { heading: 'Project', kind: 'name', drop: 4, isCost: false },
  { heading: 'Messages', kind: 'figure', drop: 5, isCost: false },
  { heading: 'Own cost', kind: 'figure', drop: 1, isCost: true },
  { heading: 'With sub-agents', kind: 'figure', isCost: true },
] as const;

function lineOf(session: Session, depth: number, { day, clock }: Local, isOpen: boolean): Line {
  const { id, title, member, project, messages, own, inclusive } = session;
  return {
    cells: [
      `${'  '.repeat(Math.min(depth, 5))}${depth === 0 ? '' : '└ '}${plain(title === '' ? id : title)}`,
      `${day} ${clock}`,
      plain(member),
      plain(project),
      grouped(messages),
      cost(own.nano, own.unpriced, isOpen),
      cost(inclusive.nano, inclusive.unpriced, isOpen),
    ],
    tone: depth === 0 ? 'plain' : 'dim',
  };
}

function restOf(more: number): Line {
  return { cells: [`  └ ${grouped(more)} more`, '', '', '', '', '', ''], tone: 'dim' };
}

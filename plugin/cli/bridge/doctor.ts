// `gasline bridge doctor`: what was found, what is missing, and what a round would do now.

import { accessSync, constants, existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';

import { fields, list } from '../../field.ts';
import { command, DONE, failed, type Io, type Outcome, type Values } from '../command.ts';
import { counted } from '../figure.ts';
import { attempt } from '../relay.ts';
import { plain } from '../text.ts';
import { BRIDGE } from './feeding.ts';
import { holderOf } from './lock.ts';
import { OPENING, openWork } from './open.ts';
import { unreadOf } from './mail-out.ts';
import { choiceOf, type Choice, partsOf, readersOf, tried } from './parts.ts';
import type { Work } from './work.ts';

export const doctor = command({
  summary: 'Says what the bridge finds here, what is missing and what it would do',
  options: OPENING,
  run,
});

/** `missing` is in the way of something, `note` is not. */
type Finding = readonly ['found' | 'missing' | 'note', string];

async function run(values: Values<typeof OPENING>, io: Io): Promise<Outcome> {
  const choice = choiceOf(values);
  if (choice.kind !== 'done') return choice;
  const plans: string[] = [];
  const opened = openWork(values, io, { isDry: true, say: (line) => void plans.push(line) });
  if (opened.kind !== 'done') return opened;
  const work = opened.value;
  const findings = [
    ...placeOf(work, choice.value),
    await ofGt(work),
    ...(await ofRelay(work)),
    ...(await ofNamesakes(work)),
    ...filesOf(work),
    stateOf(work),
    ofLock(work),
  ];
  for (const { name, part } of partsOf(work, choice.value)) {
    const round = await tried(part);
    if (round.kind !== 'done') findings.push(['missing', `${name}: ${round.problem}`]);
  }
  for (const [kind, text] of findings) io.stdout(`${kind.padEnd(7)}  ${plain(text)}\n`);
  io.stdout(plans.length === 0 ? 'A round would find nothing to do.\n' : 'A round would do this:\n');
  for (const plan of plans) io.stdout(`  ${plain(plan)}\n`);
  const missing = findings.filter(([kind]) => kind === 'missing').length;
  return missing === 0 ? DONE : failed(`${counted(missing, 'thing')} missing`);
}

function placeOf(work: Work, choice: Choice): readonly Finding[] {
  const { town } = work;
  const readers = readersOf(work, choice);
  return [
    ['found', `the town ${town.name} in ${town.root}`],
    ['found', `mail from the relay is brought to ${readers.join(', ') || 'nobody'}`],
    ['found', `mail of the town to ${choice.out.join(', ') || 'nobody'} goes to the relay`],
    choice.events === null
      ? ['note', 'no events of the relay become files of the town: name some with --events']
      : ['found', `events ${choice.events} of the relay become files in events/${choice.channel}`],
  ];
}

async function ofGt({ gt, town }: Work): Promise<Finding> {
  const version = await gt(['--version']);
  if (version.kind !== 'done') return ['missing', `${version.problem}: give --gt, set GASLINE_GT, or put it into PATH`];
  const named = version.stdout.trim().split('\n')[0] ?? '';
  const help = await gt(['mail', 'send', '--help']);
  // Mail of others than the town's own: steveyegge/gastown#3372.
  if (help.kind !== 'done' || !help.stdout.includes('--from'))
    return ['missing', `${named} knows no gt mail send --from`];
  const unread = await unreadOf(gt, 'overseer');
  if (unread.kind !== 'done') return ['missing', `${named} cannot read mail in ${town.root}: ${unread.problem}`];
  return ['found', `${named}, and ${counted(unread.value, 'unread message')} of the overseer's`];
}

async function ofRelay({ ingest, read, io }: Work): Promise<readonly Finding[]> {
  const mail = await attempt(ingest, { path: 'v1/mail', query: { address: 'overseer', limit: '1' } }, io);
  const team = await attempt(read, { path: 'v1/team' }, io);
  return [
    mail.kind === 'done' ? ['found', `mail at ${ingest.url.host}, by ${ingest.from}`] : ['missing', mail.problem],
    team.kind === 'done'
      ? ['found', `the team ${String(fields(team.value.json).name)}, by ${read.from}`]
      : ['missing', `costs and events of the relay: ${team.problem}`],
  ];
}

/** Towns are called by their folders, and the usual one is the same on every machine. */
async function ofNamesakes({ read, io, town }: Work): Promise<readonly Finding[]> {
  const answer = await attempt(read, { path: 'v1/sources', query: { limit: '1000' } }, io);
  const sources = answer.kind === 'done' ? list(fields(answer.value.json).sources).map(fields) : [];
  const others = sources.filter(
    ({ id, host, town: of }) => String(id).startsWith(BRIDGE) && fields(of).town === town.name && host !== hostname(),
  );
  return [...new Set(others.map(({ host }) => String(host)))].map((host) => [
    'note',
    `${host} has told of a town ${town.name} too: if both are there, they share mail and costs until one's folder is renamed`,
  ]);
}

function filesOf({ town }: Work): readonly Finding[] {
  const files = [join(town.root, '.events.jsonl'), join(town.root, '.feed.jsonl'), town.costsFile];
  return files.map((file) => (existsSync(file) ? ['found', file] : ['note', `${file} is not there yet`]));
}

function stateOf({ folder }: Work): Finding {
  const isFirst = !existsSync(folder);
  let there = folder;
  while (!existsSync(there)) there = dirname(there);
  try {
    accessSync(there, constants.W_OK);
  } catch {
    return ['missing', `nothing can be written down in ${there}`];
  }
  return isFirst
    ? ['note', `no bridge has run here before: ${folder} is new`]
    : ['found', `what is done, in ${folder}`];
}

function ofLock({ town, io }: Work): Finding {
  const holder = holderOf(town.root, io.now());
  if (holder === null) return ['note', 'no bridge is running'];
  return ['found', `a bridge is running: process ${holder.pid} on ${holder.host}`];
}

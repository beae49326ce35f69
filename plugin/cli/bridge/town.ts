// The town that the bridge stands beside: where it is, who works in it and which files it keeps.

import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

import { fields, type Fields } from '../../field.ts';
import { readText } from '../../project.ts';
import { done, failed, type Outcome } from '../command.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Town {
  readonly root: string;
  /** As the relay calls it: by its folder, which is what the plugin tells it too. */
  readonly name: string;
  /** Before an address of the town in the relay; empty where the folder's name can be none. */
  readonly prefix: string;
  /** What `gt costs` reads, of the machine's user and not of the town. */
  readonly costsFile: string;
}

/** What a town is known by (PrimaryMarker of internal/workspace in gastown). */
const MARKER = join('mayor', 'town.json');

export function findTown(given: string | undefined, env: Environment, cwd: string): Outcome<Town> {
  const named = [given, env.GT_ROOT, env.GT_TOWN_ROOT].find((one) => one !== undefined && one !== '');
  const root = named === undefined ? above(cwd) : resolve(cwd, named);
  if (root === null) return failed('which town? give --town, set GT_ROOT, or start this inside of it');
  if (!existsSync(join(root, MARKER))) return failed(`${root} is no town: it has no ${MARKER}`);
  const data = join(env.GT_HOME || env.HOME || homedir(), '.gt');
  const name = basename(root);
  return done({ root, name, prefix: NAME.test(name) ? `${name}:` : '', costsFile: join(data, 'costs.jsonl') });
}

function above(cwd: string): string | null {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, MARKER))) return folder;
    if (dirname(folder) === folder) return null;
  }
}

/** A name as addresses have it; whatever else lies in a folder of workers is none. */
const NAME = /^[a-z0-9][\w.-]{0,63}$/i;
/** What addresses are made of is nobody's name. */
const WORDS: readonly string[] = [
  'overseer',
  'mayor',
  'deacon',
  'witness',
  'refinery',
  'crew',
  'polecat',
  'polecats',
  'dogs',
];

/** Everybody in the town that mail can be for but its overseer, as the relay writes addresses. */
export function agentsOf({ root }: Pick<Town, 'root'>): readonly string[] {
  const rigs = Object.keys(rigsOf({ root })).filter((rig) => NAME.test(rig) && !WORDS.includes(rig));
  const workers = (rig: string) =>
    ['crew', 'polecats'].flatMap((kind) => foldersIn(join(root, rig, kind)).map((name) => `${rig}/${name}`));
  return [
    'mayor/',
    'deacon/',
    ...foldersIn(join(root, 'deacon', 'dogs')).map((name) => `deacon/dogs/${name}`),
    ...rigs.flatMap((rig) => [`${rig}/witness`, `${rig}/refinery`, ...workers(rig)]),
  ];
}

/** By the spellings that a town takes for one address. */
export function isSame(a: string, b: string): boolean {
  const plain = (address: string) => address.replace(/\/$/, '').replace(/\/(?:crew|polecats)\//, '/');
  return plain(a) === plain(b);
}

function foldersIn(folder: string): readonly string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    return folders.filter((name) => NAME.test(name) && !WORDS.includes(name));
  } catch {
    // A rig without a crew has no such folder.
    return [];
  }
}

function rigsOf({ root }: Pick<Town, 'root'>): Fields {
  try {
    return fields(fields(JSON.parse(readText(join(root, 'mayor', 'rigs.json')) ?? '{}')).rigs);
  } catch {
    // Written at this moment: the next look reads it.
    return {};
  }
}

export interface Worker {
  readonly role: string | null;
  readonly rig: string | null;
  readonly worker: string | null;
}

const OF_TOWN = new Map([
  ['mayor', 'hq-mayor'],
  ['deacon', 'hq-deacon'],
  ['boot', 'hq-boot'],
]);
const OF_RIG = new Map<string, (worker: string) => string>([
  ['witness', () => 'witness'],
  ['refinery', () => 'refinery'],
  ['crew', (worker) => `crew-${worker}`],
  ['polecat', (worker) => worker],
]);

/** The name of the agent's tmux session (internal/session/names.go), which is what `gt costs` calls a session. */
export function sessionOf(town: Pick<Town, 'root'>, { role, rig, worker }: Worker): string {
  const alone = OF_TOWN.get(role ?? '');
  if (alone !== undefined) return alone;
  if (role === 'dog') return `hq-dog-${worker ?? ''}`;
  const name = OF_RIG.get(role ?? '')?.(worker ?? '') ?? worker ?? role ?? 'unknown';
  const { prefix } = fields(fields(rig === null ? null : rigsOf(town)[rig]).beads);
  return `${typeof prefix === 'string' && prefix !== '' ? prefix.replace(/-$/, '') : 'gt'}-${name}`;
}

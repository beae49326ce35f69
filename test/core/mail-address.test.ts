// Addresses of mail as data, laws over every spelling, groups, and who a source is.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { TownTags } from '../../plugin/contract.ts';
import { readTown } from '../../plugin/town.ts';
import { parseAddress, parseSender, type Agent } from '../../worker/mail/address.ts';
import { membersOf } from '../../worker/mail/group.ts';
import { addressesOf, agentOf } from '../../worker/mail/identity.ts';
import { source } from '../relay/builders.ts';

function read(text: string) {
  const parsed = parseAddress(text);
  return parsed.ok ? parsed.value : null;
}

/** What is written, where it arrives, and as what role. */
const SPELLINGS: readonly (readonly [text: string, address: string, role: string])[] = [
  ['overseer', 'overseer', 'overseer'],
  ['@overseer', 'overseer', 'overseer'],
  ['mayor', 'mayor/', 'mayor'],
  ['mayor/', 'mayor/', 'mayor'],
  ['app/mayor', 'mayor/', 'mayor'],
  ['deacon', 'deacon/', 'deacon'],
  ['deacon/', 'deacon/', 'deacon'],
  ['deacon/boot', 'deacon/boot', 'boot'],
  ['deacon/dogs/rex', 'deacon/dogs/rex', 'dog'],
  ['app/witness', 'app/witness', 'witness'],
  ['app/refinery/', 'app/refinery', 'refinery'],
  ['app/joe', 'app/joe', 'worker'],
  ['app/crew/joe', 'app/joe', 'crew'],
  ['gas_town/polecats/Toast', 'gas_town/Toast', 'polecat'],
  ['app/polecat/Toast', 'app/Toast', 'polecat'],
  ['lab:mayor', 'lab:mayor/', 'mayor'],
  ['lab:@overseer', 'lab:overseer', 'overseer'],
  ['lab:app/crew/joe', 'lab:app/joe', 'crew'],
];

test.each(SPELLINGS)('%s is %s', (text, address, role) => {
  expect(read(text)).toMatchObject({ address, kind: 'agent', agent: { address, role } });
});

test.each([
  '@town',
  '@witnesses',
  '@dogs',
  '@refineries',
  '@deacons',
  '@rig/app',
  '@crew/app',
  '@polecats/app',
  'lab:@town',
])('%s is a group', (text) => {
  expect(read(text)).toEqual({ address: text, kind: 'group', agent: null });
});

test.each(['member:ann@example.com', 'member:Ann Smith', 'session:ses_1', 'project:github.com/acme/app', 'member:Zoë'])(
  '%s is an address of ours',
  (text) => {
    expect(read(text)).toEqual({ address: text, kind: 'other', agent: null });
  },
);

const NONE = [
  [
    '',
    ' ',
    'overseer ',
    ' overseer',
    'overseer\n',
    'Overseer',
    'list:oncall',
    'queue:work',
    'announce:all',
    'channel:x',
    'group:g',
    'ann',
    'app/',
    '/app',
    'app//joe',
    'mayor/joe',
    'overseer/joe',
  ],
  [
    'app/crew',
    'app/crew/',
    'crew/joe',
    'polecats/joe',
    'dogs/rex',
    'deacon/rex',
    'deacon/dogs',
    'deacon/dogs/',
    'a/b/c',
    'a/crew/b/c',
  ],
  [
    'app/crew/witness',
    'app/polecats/mayor',
    'app/dogs',
    '../joe',
    'app/..',
    'app/-joe',
    '--from',
    '-x/joe',
    'app/joe,lab/ann',
    'app/jo e',
  ],
  [
    '@all',
    '@rig',
    '@rig/',
    '@rig/a/b',
    '@Town',
    '@crew/-x',
    'member:',
    'member: ann',
    'member:ann ',
    'member:a  b',
    'member:a,b',
    'session:a\nb',
  ],
  [
    'member:a\u0000',
    'member:\u001b[31m',
    'member:a\u202eb',
    'member:\ud800',
    'lab:member:ann',
    'lab:',
    ':mayor',
    'a:b:mayor',
    '-x:mayor',
  ],
  [`app/${'x'.repeat(65)}`, `member:${'x'.repeat(250)}`],
].flat();

test.each(NONE)('%j is none', (text) => {
  expect(read(text)).toBeNull();
});

test('an address has at most 256 characters, a name of a town 64', () => {
  expect(read(`member:${'x'.repeat(249)}`)?.address).toHaveLength(256);
  expect(read(`app/${'x'.repeat(64)}`)?.address).toHaveLength(68);
});

const part = fc.constantFrom(
  'overseer',
  'mayor',
  'deacon',
  'boot',
  'dogs',
  'crew',
  'polecats',
  'witness',
  'refinery',
  'app',
  'joe',
  'a.b',
  '@town',
  '@rig',
);
const path = fc.tuple(
  fc.constantFrom('', 'lab:', 'member:', 'session:', 'project:'),
  fc.array(part, { maxLength: 4 }),
  fc.constantFrom('', '/'),
);
const spelling = fc.oneof(
  path.map(([prefix, parts, end]) => prefix + parts.join('/') + end),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc
    .tuple(fc.constantFrom('member:', 'project:', 'lab:'), fc.string({ unit: 'binary', maxLength: 12 }))
    .map((both) => both.join('')),
);

test('what was normalised stays as it is, in the same mailbox, and is safe in a line and a list', () => {
  fc.assert(
    fc.property(spelling, (text) => {
      const address = read(text)?.address;
      if (address === undefined) return;
      expect(read(address)?.address).toBe(address);
      expect(address).not.toMatch(/[,\p{C}\p{Zl}\p{Zp}]|^[-\s]|\s$/u);
    }),
    { numRuns: 5_000 },
  );
});

test.each([
  ['lab:app/crew/joe', 'lab:app/joe'],
  ['daemon', 'daemon'],
  ['relay/ann', 'relay/ann'],
  ['@town', null],
  ['a,b', null],
  ['a\nb', null],
  ['', null],
])('%j may send as %j', (text, sender) => {
  const parsed = parseSender(text);
  expect(parsed.ok ? parsed.value : null).toBe(sender);
});

function agents(...texts: string[]): Agent[] {
  return texts.flatMap((text) => read(text)?.agent ?? []);
}

const ALL = agents(
  'overseer',
  'lab:mayor/',
  'lab:deacon/',
  'lab:deacon/dogs/rex',
  'lab:app/witness',
  'lab:app/refinery',
  'lab:app/crew/joe',
  'lab:app/polecats/toast',
  'web:web/witness',
  'web:web/crew/ann',
  'app/crew/joe',
);

test.each([
  ['@town', ['lab:deacon/', 'lab:deacon/dogs/rex', 'lab:mayor/']],
  ['@witnesses', ['lab:app/witness', 'web:web/witness']],
  ['lab:@witnesses', ['lab:app/witness']],
  ['@refineries', ['lab:app/refinery']],
  ['@deacons', ['lab:deacon/']],
  ['@dogs', ['lab:deacon/dogs/rex']],
  ['@rig/app', ['app/joe', 'lab:app/joe', 'lab:app/refinery', 'lab:app/toast', 'lab:app/witness']],
  ['@crew/app', ['app/joe', 'lab:app/joe']],
  ['@polecats/app', ['lab:app/toast']],
  ['web:@crew/web', ['web:web/ann']],
  ['web:@dogs', []],
])('in %s are %j', (group, members) => {
  const address = read(group)?.address;
  expect(address === undefined ? null : membersOf(address, ALL)).toEqual(members);
});

/** Gas Town's environment, as its agents get it, and the mailbox that is theirs. */
test.each([
  [{ GT_ROLE: 'mayor' }, 'mayor/'],
  [{ GT_ROLE: 'deacon' }, 'deacon/'],
  [{ GT_ROLE: 'deacon/boot' }, 'deacon/boot'],
  [{ GT_ROLE: 'dog', GT_DOG_NAME: 'rex' }, 'deacon/dogs/rex'],
  [{ GT_ROLE: 'app/witness', GT_RIG: 'app' }, 'app/witness'],
  [{ GT_ROLE: 'app/refinery', GT_RIG: 'app' }, 'app/refinery'],
  [{ GT_ROLE: 'app/polecats/toast', GT_RIG: 'app', GT_POLECAT: 'toast' }, 'app/toast'],
  [{ GT_ROLE: 'app/crew/joe', GT_RIG: 'app', GT_CREW: 'joe' }, 'app/joe'],
])('an agent with %j reads %s, with and without its town', (env, address) => {
  const town = readTown({ ...env, GT_ROOT: '/home/ann/lab' });
  expect(addressesOf(source({ town }))).toEqual([`lab:${address}`, address]);
  expect(addressesOf(source({ town: readTown(env) }))).toEqual([address]);
});

test('whoever is in no town reads the mail of the member and the project, by its id and its name', () => {
  expect(addressesOf(source())).toEqual(['member:ann@example.com', 'project:f00d', 'project:example.com/acme/app']);
  expect(addressesOf(source({ project: null, member: 'a,b' }))).toEqual([]);
});

test('tags that do not say who it is are nobody', () => {
  const tags: TownTags = { town: 'lab', role: 'crew', rig: 'app', worker: null, bead: null };
  for (const role of ['crew', 'polecat', 'dog', 'constructor']) expect(agentOf({ ...tags, role })).toBeNull();
  expect(agentOf({ ...tags, role: 'witness', rig: null })).toBeNull();
  expect(addressesOf(source({ town: tags }))).toEqual([]);
  expect(agentOf({ ...tags, role: 'polecat', worker: '../x' })).toBeNull();
  expect(agentOf({ ...tags, worker: 'joe', town: 'a town' })?.address).toBe('app/joe');
});

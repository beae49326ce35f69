import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ownAddresses } from '../../../plugin/mail/addresses.ts';
import type { Source, TownTags } from '../../../plugin/contract.ts';
import { readTown } from '../../../plugin/town.ts';
import { addressesOf } from '../../../worker/mail/identity.ts';

const SOURCE: Source = {
  id: 'src_1',
  plugin_version: '0.1.0',
  opencode_version: null,
  host: 'laptop',
  member: 'ann@example.com',
  project: { id: 'root', name: 'github.com/acme/app' },
  branch: null,
  town: null,
};

const NOBODY: TownTags = { town: null, role: null, rig: null, worker: null, bead: null };

describe('own mailboxes', () => {
  it.each([
    [{}, ['member:ann@example.com', 'project:root', 'project:github.com/acme/app']],
    [{ GT_ROLE: 'mayor', GT_ROOT: '/home/ann/lab' }, ['lab:mayor/', 'mayor/']],
    [{ GT_ROLE: 'app/polecats/toast', GT_ROOT: '/gt' }, ['gt:app/toast', 'app/toast']],
    [{ GT_ROLE: 'app/crew/max' }, ['app/max']],
    [{ GT_ROLE: 'app/witness', GT_TOWN_ROOT: '/home/a town' }, ['app/witness']],
    [{ GT_ROLE: 'deacon/dogs/rex' }, ['deacon/dogs/rex']],
    [{ GT_ROLE: 'app/polecats/a,b' }, []],
    [{ GT_ROLE: 'refinery' }, []],
  ])('of %j are %j', (env, addresses) => {
    expect(ownAddresses({ ...SOURCE, town: readTown(env) })).toEqual(addresses);
  });

  const word = fc.oneof(
    fc.constantFrom(
      'app',
      'lab',
      'Mayor',
      'mayor',
      'deacon',
      'crew',
      'dogs',
      'member',
      'witness',
      'overseer',
      '.x',
      '',
    ),
    fc.string({ unit: 'binary', maxLength: 70 }),
    fc.stringMatching(/^[\w.:/@, -]{0,70}$/),
  );
  const role = fc.constantFrom('mayor', 'deacon', 'boot', 'dog', 'witness', 'refinery', 'crew', 'polecat', 'toString');
  const tags: fc.Arbitrary<TownTags> = fc.record({
    town: fc.option(word),
    role: fc.option(fc.oneof(role, word)),
    rig: fc.option(word),
    worker: fc.option(word),
    bead: fc.constant(null),
  });

  it('are the ones that the relay means when it says that mail waits', () => {
    fc.assert(
      fc.property(fc.option(tags), word, fc.option(fc.record({ id: word, name: word })), (town, member, project) => {
        const source = { ...SOURCE, town, member, project };
        expect(ownAddresses(source)).toEqual(addressesOf(source));
      }),
      {
        numRuns: 2_000,
        examples: [
          [{ ...NOBODY, role: 'dog', worker: 'a/' }, '', null],
          [{ ...NOBODY, role: 'crew', rig: 'app', worker: 'a/' }, '', null],
          [{ ...NOBODY, role: 'crew', rig: 'a:a', worker: 'app' }, '', null],
        ],
      },
    );
  });
});

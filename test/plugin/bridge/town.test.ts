import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { signalOf } from '../../../plugin/cli/bridge/signals.ts';
import { agentsOf, findTown, sessionOf } from '../../../plugin/cli/bridge/town.ts';
import { draftsOf } from '../../../plugin/cli/bridge/town-events.ts';
import { parseAddress } from '../../../worker/mail/address.ts';
import { type GasTown, makeTown } from '../../support/gas-town.ts';

let town: GasTown;

beforeEach(() => {
  town = makeTown();
});

afterEach(() => town.remove());

describe('a town', () => {
  it('is the one that is named, else that of the environment, else the one around the folder', () => {
    const other = makeTown('other');
    const inside = join(town.root, 'app', 'crew', 'max');
    const rootOf = (...given: Parameters<typeof findTown>) => {
      const found = findTown(...given);
      return found.kind === 'done' ? found.value.root : found.problem;
    };
    expect(rootOf(other.root, { GT_ROOT: town.root }, '/')).toBe(other.root);
    expect(rootOf(undefined, { GT_ROOT: town.root, GT_TOWN_ROOT: other.root }, '/')).toBe(town.root);
    expect(rootOf(undefined, {}, inside)).toBe(town.root);
    expect(rootOf(undefined, {}, '/')).toMatch(/^which town\?/);
    expect(rootOf(town.home, {}, '/')).toBe(`${town.home} is no town: it has no mayor/town.json`);
    other.remove();
  });

  it('keeps costs where gt does', () => {
    const fileOf = (env: Record<string, string>) => {
      const found = findTown(town.root, env, '/');
      return found.kind === 'done' ? found.value.costsFile : null;
    };
    expect(fileOf({ HOME: '/home/ann' })).toBe('/home/ann/.gt/costs.jsonl');
    expect(fileOf({ HOME: '/home/ann', GT_HOME: '/data' })).toBe('/data/.gt/costs.jsonl');
  });

  it('has the agents that its folders say, each by an address of the relay', () => {
    mkdirSync(join(town.root, 'deacon', 'dogs', 'rex'), { recursive: true });
    mkdirSync(join(town.root, 'app', 'crew', '--flag'));
    mkdirSync(join(town.root, 'app', 'crew', 'dogs'));
    writeFileSync(join(town.root, 'app', 'crew', 'README.md'), '');
    const agents = agentsOf(town);
    expect(agents.toSorted()).toEqual(
      ['app/Toast', 'app/max', 'app/refinery', 'app/witness', 'deacon/', 'deacon/dogs/rex', 'mayor/'].toSorted(),
    );
    expect(agents.map(parseAddress)).toMatchObject(agents.map((address) => ({ ok: true, value: { address } })));
    rmSync(join(town.root, 'mayor', 'rigs.json'));
    expect(agentsOf(town)).toEqual(['mayor/', 'deacon/', 'deacon/dogs/rex']);
  });

  it.each([
    ['mayor', null, null, 'hq-mayor'],
    ['deacon', null, null, 'hq-deacon'],
    ['boot', null, null, 'hq-boot'],
    ['dog', null, 'rex', 'hq-dog-rex'],
    ['witness', 'app', null, 'ap-witness'],
    ['refinery', 'app', null, 'ap-refinery'],
    ['crew', 'app', 'max', 'ap-crew-max'],
    ['polecat', 'app', 'Toast', 'ap-Toast'],
    ['polecat', 'unknown', 'Toast', 'gt-Toast'],
    ['constructor', 'app', null, 'ap-constructor'],
    [null, null, null, 'gt-unknown'],
  ])('calls the session of role %j, rig %j and worker %j %s', (role, rig, worker, name) => {
    expect(sessionOf(town, { role, rig, worker })).toBe(name);
  });
});

const NOW = Date.parse('2026-11-23T09:00:00Z');
const work = { io: { now: () => NOW, fetch, env: {} } };

describe('a line of the town', () => {
  it('is an event with who did it and what it says', () => {
    const line =
      '{"ts":"2026-11-23T08:00:00Z","source":"gt","type":"merge_failed","actor":"app/refinery","payload":{"rig":"app"},"visibility":"both"}';
    expect(draftsOf(line, 'town', work)).toEqual([
      {
        tags: { role: 'refinery', rig: 'app', worker: null, bead: null },
        event: {
          id: expect.stringMatching(/^town_[0-9a-f]{16}$/),
          type: 'town.merge_failed',
          time: '2026-11-23T08:00:00.000Z',
          session: null,
          data: { actor: 'app/refinery', visibility: 'both', payload: { rig: 'app' } },
        },
      },
    ]);
  });

  it.each([
    ['mayor', { role: 'mayor' }],
    ['deacon/', { role: 'deacon' }],
    ['deacon-boot', { role: 'boot' }],
    ['deacon/dogs/rex', { role: 'dog', worker: 'rex' }],
    ['app/witness', { role: 'witness', rig: 'app' }],
    ['app/polecats/Toast', { role: 'polecat', rig: 'app', worker: 'Toast' }],
    ['app/crew/max', { role: 'crew', rig: 'app', worker: 'max' }],
    ['app/Toast', { rig: 'app', worker: 'Toast' }],
    ['daemon', {}],
    ['overseer', {}],
    ['relay/member-bob/x/y', {}],
    ['constructor', {}],
    [7, {}],
  ])('of %j is of that part of the town', (actor, tags) => {
    const [draft] = draftsOf(JSON.stringify({ type: 'nudge', actor }), 'town', work);
    expect(draft?.tags).toEqual({ role: null, rig: null, worker: null, bead: null, ...tags });
  });

  it.each([['{"ts":"2026'], ['[]'], ['["a"]'], ['null'], ['7'], ['{}'], ['{"type":""}'], ['']])(
    '%s is none',
    (line) => {
      expect(draftsOf(line, 'town', work)).toEqual([]);
    },
  );

  it('has a type and a time that the relay takes, and no more than it takes', () => {
    const drafts = draftsOf(
      JSON.stringify({ type: 'Odd type!', ts: '1970-01-01T00:00:00Z', actor: 'x', payload: { a: 'é'.repeat(9_000) } }),
      'town',
      work,
    );
    expect(drafts).toMatchObject([
      { event: { type: 'town.odd_type_', time: '2026-11-23T09:00:00.000Z', data: { actor: 'x', is_cut: true } } },
    ]);
  });
});

describe('an event of the relay', () => {
  it('is a file of a channel: its name by time and number, its payload texts alone', () => {
    const event = {
      id: 'team-42',
      seq: 42,
      type: 'session.error',
      timestamp: '2026-11-23T09:00:00.000Z',
      session: 'ses_1',
      source: { member: 'ann', project: null },
      data: { error: { name: 'APIError', status: 500 }, list: [1, 2], none: null, long: 'x'.repeat(2_000) },
    };
    const signal = signalOf(event, 'alerts');
    expect(signal?.file).toBe('1795424400000000000-42-0.event');
    expect(JSON.parse(signal?.text ?? '')).toEqual({
      type: 'session.error',
      channel: 'alerts',
      timestamp: '2026-11-23T09:00:00.000Z',
      payload: {
        id: 'team-42',
        member: 'ann',
        session: 'ses_1',
        'error.name': 'APIError',
        'error.status': '500',
        list: '[1,2]',
        long: 'x'.repeat(1_000),
      },
    });
    expect(signalOf({ ...event, seq: 'x' }, 'alerts')).toBeNull();
  });
});

// A bridge between a team of the relay and a town: as the program that is published, or one part of it with its effects in hand.
import { join } from 'node:path';

import { disk } from '../../plugin/cli/bridge/disk.ts';
import { type Gt, gtOf } from '../../plugin/cli/bridge/gt.ts';
import { openWork } from '../../plugin/cli/bridge/open.ts';
import type { Work } from '../../plugin/cli/bridge/work.ts';
import { start, type Child, type Exit } from '../support/child.ts';
import { type GasTown, makeTown } from '../support/gas-town.ts';
import type { TestRelay, TestTeam } from './harness.ts';
import { useEach } from './setup.ts';

/** Of each test its own. */
export function useTown(as: (town: GasTown) => GasTown = (town) => town): GasTown {
  return useEach(
    async () => as(makeTown()),
    (town) => town.remove(),
  );
}

const PROGRAM = join(import.meta.dirname, '..', '..', 'plugin', 'dist', 'cli.js');

export function startBridge(relay: TestRelay, team: TestTeam, town: GasTown, words: readonly string[] = []): Child {
  const env = { ...town.env, GASLINE_URL: relay.relay.url.href, GASLINE_TOKEN: team.token };
  return start(process.execPath, [PROGRAM, 'bridge', ...words], { cwd: town.root, env });
}

export function bridgeOnce(relay: TestRelay, team: TestTeam, town: GasTown, ...words: string[]): Promise<Exit> {
  return startBridge(relay, team, town, ['--once', ...words]).exited;
}

export interface Parted {
  readonly work: Work;
  readonly said: string[];
}

/** A `gt` that is waited for as long as a slow machine needs to start it, and no longer. */
export function impatientGt(town: GasTown): Gt {
  return gtOf({ program: town.gt, cwd: town.root, env: town.env, patienceMs: 3_000 });
}

/** What the parts of a bridge work with, some of it replaced. */
export function workFor(relay: TestRelay, team: TestTeam, town: GasTown, given: Partial<Work> = {}): Parted {
  const said: string[] = [];
  const io = {
    env: { ...town.env, GASLINE_URL: relay.relay.url.href, GASLINE_TOKEN: team.token },
    stdout: (text: string) => void said.push(text),
    stderr: (text: string) => void said.push(text),
    fetch,
    now: Date.now,
    columns: null,
    isTTY: false,
    interruption: () => new AbortController().signal,
  };
  const opened = openWork({ town: town.root }, io, { isDry: false, say: (line) => void said.push(line) });
  if (opened.kind !== 'done') throw new Error(opened.problem);
  const gt = gtOf({ program: town.gt, cwd: town.root, env: town.env });
  return { work: { ...opened.value, disk, gt, wake: given.gt ?? gt, ...given }, said };
}

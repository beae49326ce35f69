// From the options to a bridge that may begin: which town, which relay, which `gt`, and where it keeps what it must not forget.

import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import { spoolKey } from '../../key.ts';
import { done, type Io, type Outcome, type Values } from '../command.ts';
import { connect, CONNECTION } from '../connection.ts';
import { disk } from './disk.ts';
import { gtOf } from './gt.ts';
import { briefly, NUDGE_PATIENCE_MS } from './nudge.ts';
import { CHOICES } from './parts.ts';
import { findTown } from './town.ts';
import { turns } from './turns.ts';
import type { Work } from './work.ts';

export const OPENING = {
  town: { type: 'string', value: 'folder', about: 'the town; default: GT_ROOT, then the one around this folder' },
  ...CHOICES,
  gt: { type: 'string', value: 'program', about: 'default: GASLINE_GT, then gt' },
  state: { type: 'string', value: 'folder', about: 'what it must not forget; default: ~/.local/state/gasline/bridge' },
  ...CONNECTION,
} as const;

export interface How extends Pick<Work, 'isDry' | 'say'> {
  /** Nobody is woken from then on. */
  readonly stop?: AbortSignal;
}

/** An admin's token does for both; else one of scope ingest for mail and events, one of scope read for costs and signals. */
export function openWork(values: Values<typeof OPENING>, io: Io, how: How): Outcome<Work> {
  const town = findTown(values.town, io.env, process.cwd());
  if (town.kind !== 'done') return town;
  const ingest = connect(values, io, 'ingest');
  if (ingest.kind !== 'done') return ingest;
  const read = connect(values, io, 'read');
  if (read.kind !== 'done') return read;
  const { root, name } = town.value;
  const named = values.gt ?? (io.env.GASLINE_GT || 'gt');
  // It is run in the town's folder, and was named in this one.
  const program = named.includes('/') ? resolve(named) : named;
  const { url, token } = ingest.value;
  const relay = spoolKey(url.href, token);
  const state = io.env.XDG_STATE_HOME || join(io.env.HOME || homedir(), '.local', 'state');
  const parent = values.state === undefined ? join(state, 'gasline', 'bridge') : resolve(values.state);
  const id = createHash('sha256').update(root).digest('hex').slice(0, 8);
  const { stop, ...rest } = how;
  const running = { program, cwd: root, env: io.env };
  // Beads may let one in at a time (its embedded database).
  const inTurn = turns();
  return done({
    town: town.value,
    folder: join(parent, `${name.replaceAll(/[^\w.-]/g, '_')}-${id}-${relay}`),
    relay,
    ingest: ingest.value,
    read: read.value,
    gt: inTurn(gtOf(running)),
    wake: briefly(inTurn, gtOf({ ...running, patienceMs: NUDGE_PATIENCE_MS, stop })),
    disk,
    io,
    ...rest,
  });
}

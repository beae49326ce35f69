// Who this agent is in a Gas Town, from the environment that the town gave to OpenCode.

import { basename } from 'node:path';

import type { TownTags } from './contract.ts';
import { name } from './field.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export function readTown(env: Environment): TownTags | null {
  if (!env.GT_ROLE && !env.GT_RIG) return null;
  const place = parseRole(env.GT_ROLE ?? '');
  const root = env.GT_ROOT || env.GT_TOWN_ROOT;
  return {
    town: root ? name(basename(root)) : null,
    role: name(place.role),
    rig: name(env.GT_RIG) ?? name(place.rig),
    worker: name(place.worker) ?? name(env.GT_POLECAT) ?? name(env.GT_CREW) ?? name(env.GT_DOG_NAME),
    bead: name(env.GT_WORK_BEAD),
  };
}

interface Place {
  readonly role?: string | undefined;
  readonly rig?: string | undefined;
  readonly worker?: string | undefined;
}

/** `mayor`, `deacon/boot`, `deacon/dogs/<name>`, `<rig>/witness`, `<rig>/polecats/<name>`, `<rig>/crew/<name>`. */
function parseRole(role: string): Place {
  const [first, second, third] = role.split('/');
  if (!second) return { role: first };
  const kind = SINGULAR[second] ?? second;
  return first === 'deacon' ? { role: kind, worker: third } : { role: kind, rig: first, worker: third };
}

const SINGULAR: Readonly<Record<string, string>> = { polecats: 'polecat', dogs: 'dog', crews: 'crew' };

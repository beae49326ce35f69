// Whose work a session was: the project by its folder where that is still there, else by what OpenCode wrote down of it; the
// member as the plugin finds out. Which branch it was on, nobody wrote down.

import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename } from 'node:path';

import type { Source } from '../../contract.ts';
import { name } from '../../field.ts';
import { readCheckout, type Checkout } from '../../project.ts';
import { memberOf } from '../../source.ts';
import { VERSION } from '../../version.ts';
import type { Session } from './record.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The source that a session's events are sent by, of those that share the id. */
export type Whose = (session: Session) => Source;

export function openWhose(id: string, member: string | null, env: Environment): Whose {
  const known = new Map<string, Source>();
  return (session) => {
    const { directory, worktree, projectId } = session;
    const key = JSON.stringify([directory, worktree, projectId]);
    const source = known.get(key) ?? describe(checkoutOf(directory, worktree, projectId));
    known.set(key, source);
    return source;
  };

  function describe({ project, email }: Checkout): Source {
    return {
      id,
      backfill: true,
      plugin_version: VERSION,
      opencode_version: null,
      host: thisHost(),
      member: memberOf(member, email, env),
      project,
      branch: null,
      town: null,
    };
  }
}

/** This machine as the plugin names it. */
export function thisHost(): string {
  return name(hostname()) ?? 'unknown';
}

/** Only a folder that is there is asked: above one that is gone may lie the repository of something else. */
function checkoutOf(directory: string | null, worktree: string | null, projectId: string | null): Checkout {
  // OpenCode's worktree of what is in no repository is the root of the disk.
  const folders = [directory, worktree === '/' ? null : worktree].filter((folder) => folder !== null);
  const there = folders.find((folder) => existsSync(folder));
  if (there !== undefined) return readCheckout(there, projectId);
  const id = projectId === 'global' ? null : name(projectId);
  const last = name(basename(worktree ?? directory ?? '')) ?? 'unknown';
  return { project: id === null ? null : { id, name: last }, branch: null, email: null };
}

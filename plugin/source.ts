// Who sends: the attributes of this process that every batch carries.

import { randomUUID } from 'node:crypto';
import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';

import type { Source } from './contract.ts';
import { name } from './field.ts';
import { readGitValue } from './gitconfig.ts';
import { readCheckout, readText } from './project.ts';
import { readTown } from './town.ts';
import { VERSION } from './version.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export function describeSource(member: string | null, directory: string, projectId: unknown, env: Environment): Source {
  const checkout = readCheckout(directory, projectId);
  return {
    id: `src_${randomUUID().replaceAll('-', '')}`,
    plugin_version: VERSION,
    opencode_version: null,
    host: name(hostname()) ?? 'unknown',
    member: memberOf(member, checkout.email, env),
    project: checkout.project,
    branch: checkout.branch,
    town: readTown(env),
  };
}

/** `email` is the repository's own. */
export function memberOf(member: string | null, email: string | null, env: Environment): string {
  return member ?? email ?? globalEmail(env) ?? login(env);
}

function globalEmail(env: Environment): string | null {
  const home = env.HOME || homedir();
  for (const path of [join(home, '.gitconfig'), join(env.XDG_CONFIG_HOME || join(home, '.config'), 'git', 'config')]) {
    const email = name(readGitValue(readText(path) ?? '', 'user', 'email'));
    if (email !== null) return email;
  }
  return null;
}

function login(env: Environment): string {
  try {
    return name(env.USER) ?? name(env.LOGNAME) ?? name(env.USERNAME) ?? name(userInfo().username) ?? 'unknown';
  } catch {
    // A container's user id may have no name.
    return 'unknown';
  }
}

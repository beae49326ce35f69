// Which repository and branch a folder belongs to, from git's own files. The folder's path stays on the machine.

import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

import type { Project } from './contract.ts';
import { name } from './field.ts';
import { readGitValue } from './gitconfig.ts';

export interface Checkout {
  readonly project: Project | null;
  readonly branch: string | null;
  /** `user.email` of the repository's own configuration. */
  readonly email: string | null;
}

/** `id` is OpenCode's: the root commit, or `global` outside a repository. */
export function readCheckout(directory: string, id: unknown): Checkout {
  const projectId = id === 'global' ? null : name(id);
  const git = findGit(directory);
  if (git === null) {
    return {
      project: projectId === null ? null : { id: projectId, name: nameOf(null, directory) },
      branch: null,
      email: null,
    };
  }
  const config = readText(join(git.common, 'config')) ?? '';
  const origin = readGitValue(config, 'remote origin', 'url');
  const branch = /^ref: refs\/heads\/(.+)$/m.exec(readText(join(git.own, 'HEAD')) ?? '')?.[1];
  return {
    project: projectId === null ? null : { id: projectId, name: nameOf(origin, git.folder) },
    branch: name(branch?.trim()),
    email: name(readGitValue(config, 'user', 'email')),
  };
}

/** `host/owner/name` for https, ssh and scp forms; null for a local path, which would give the folder away. */
export function originName(url: string): string | null {
  const trimmed = url.trim();
  const parts =
    /^(?:https?|ssh|git|git\+ssh):\/\/(?:[^/]*@)?([^/:]+)(?::\d+)?\/+([^?#]+)/i.exec(trimmed) ??
    // One letter before the colon is a drive of Windows.
    /^(?:[^/:]*@)?([^/:@]{2,}):(?!\/\/)\/*([^?#]+)/.exec(trimmed);
  const path = parts?.[2]?.replace(/\/+$/, '').replace(/\.git$/, '');
  return parts?.[1] && path && !path.includes('@') ? name(`${parts[1].toLowerCase()}/${path}`) : null;
}

function nameOf(origin: string | null, folder: string): string {
  return (origin === null ? null : originName(origin)) ?? name(basename(folder)) ?? 'unknown';
}

interface Git {
  /** HEAD of this worktree. */
  readonly own: string;
  /** The repository's configuration, shared by its worktrees. */
  readonly common: string;
  readonly folder: string;
}

function findGit(directory: string): Git | null {
  for (let folder = resolve(directory); ; folder = dirname(folder)) {
    const found = gitOf(folder);
    if (found !== null) return found;
    if (dirname(folder) === folder) return null;
  }
}

function gitOf(folder: string): Git | null {
  const path = join(folder, '.git');
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  if (stat.isDirectory()) return { own: path, common: path, folder };
  // A linked worktree or a submodule: the file says where its folder is, and that one where the shared part is.
  const target = /^gitdir: (.+)$/m.exec(readText(path) ?? '')?.[1]?.trim();
  if (!target) return null;
  const own = resolve(folder, target);
  const shared = readText(join(own, 'commondir'))?.trim();
  if (!shared) return { own, common: own, folder };
  const common = resolve(own, shared);
  return { own, common, folder: basename(common) === '.git' ? dirname(common) : folder };
}

export function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not there or not readable: the value is unknown either way.
    return null;
  }
}

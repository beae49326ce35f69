// A git repository with one commit and an origin whose address holds credentials, as real ones sometimes do.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Home } from './home.ts';

export const ORIGIN_SECRET = 'origin-secret-7Qx2';
export const FILE_SECRET = 'file-content-canary-9Zk4';
export const MEMBER = 'ada@example.test';

export function createProject(home: Home, name = 'rocket'): string {
  const folder = path.join(home.root, 'projects', name);
  mkdirSync(folder, { recursive: true });
  const git = (...args: string[]): void => {
    execFileSync('git', args, { cwd: folder, env: home.env, stdio: 'ignore' });
  };
  git('init', '-q', '-b', 'main');
  git('config', 'user.name', 'Ada');
  git('config', 'user.email', MEMBER);
  git('remote', 'add', 'origin', `https://ada:${ORIGIN_SECRET}@git.example.test/acme/${name}.git`);
  writeFileSync(path.join(folder, 'notes.txt'), `the notes of ${name}: ${FILE_SECRET}\n`);
  git('add', '.');
  git('commit', '-q', '-m', `start ${name}`);
  return folder;
}

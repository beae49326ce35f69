import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readGitValue } from '../../plugin/gitconfig.ts';
import { originName, readCheckout } from '../../plugin/project.ts';
import { describeSource } from '../../plugin/source.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gasline-project-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('originName', () => {
  it.each([
    ['https://github.com/acme/widgets.git', 'github.com/acme/widgets'],
    ['https://GitHub.com/acme/Widgets/', 'github.com/acme/Widgets'],
    ['https://bob:p@ss@git.example.com:8443/acme/widgets.git?x=1', 'git.example.com/acme/widgets'],
    ['https://oauth2:glpat-x@gitlab.com/group/sub/widgets.git', 'gitlab.com/group/sub/widgets'],
    ['ssh://git@git.example.com:2222/acme/widgets.git', 'git.example.com/acme/widgets'],
    ['git@github.com:acme/widgets.git', 'github.com/acme/widgets'],
    ['git@github.com:/acme/widgets.git', 'github.com/acme/widgets'],
    ['github.com:acme/widgets', 'github.com/acme/widgets'],
    ['git://git.kernel.org/pub/linux.git', 'git.kernel.org/pub/linux'],
    ['/srv/git/widgets.git', null],
    ['../widgets', null],
    ['file:///home/ann/widgets', null],
    ['C:/Users/ann/widgets', null],
    ['C:\\Users\\ann\\widgets', null],
    ['', null],
  ])('%s is %s', (url, expected) => {
    expect(originName(url)).toBe(expected);
  });
});

describe('readGitValue', () => {
  it('reads what git reads', () => {
    const text =
      '[User]\n\tname = x\n\tEMAIL = "ann\\"@example.com" ; comment\n[remote "Up"]\nurl = a\n[user]\nemail = bob@example.com # work\n';
    expect(readGitValue(text, 'user', 'email')).toBe('bob@example.com');
    expect(readGitValue(text, 'user', 'name')).toBe('x');
    expect(readGitValue(text, 'remote up', 'url')).toBeNull();
    expect(readGitValue(text, 'remote Up', 'url')).toBe('a');
  });
});

describe('readCheckout', () => {
  it('reads the repository of a folder below it', () => {
    write('repo/.git/HEAD', 'ref: refs/heads/feature/x\n');
    write('repo/.git/config', '[remote "origin"]\n\turl = git@github.com:acme/widgets.git\n');
    write('repo/deep/down/file', '');
    expect(readCheckout(join(folder, 'repo/deep/down'), 'root')).toEqual({
      project: { id: 'root', name: 'github.com/acme/widgets' },
      branch: 'feature/x',
      email: null,
    });
  });

  it('follows a linked worktree to the shared configuration, with its own branch', () => {
    write('repo/.git/config', '[remote "origin"]\n\turl = git@github.com:acme/widgets.git\n');
    write('repo/.git/worktrees/w/HEAD', 'ref: refs/heads/other\n');
    write('repo/.git/worktrees/w/commondir', '../..\n');
    write('tree/.git', `gitdir: ${join(folder, 'repo/.git/worktrees/w')}\n`);
    expect(readCheckout(join(folder, 'tree'), 'root')).toMatchObject({
      project: { name: 'github.com/acme/widgets' },
      branch: 'other',
    });
  });

  it('names a repository without an origin after its folder, and never after a path', () => {
    write('repo/.git/HEAD', '0123456789abcdef\n');
    write('repo/.git/config', '[remote "origin"]\n\turl = /home/ann/secret/widgets.git\n');
    expect(readCheckout(join(folder, 'repo'), 'root')).toMatchObject({ project: { name: 'repo' }, branch: null });
  });

  it('knows no project outside a repository', () => {
    write('plain/file', '');
    expect(readCheckout(join(folder, 'plain'), 'global').project).toBeNull();
  });
});

describe('describeSource', () => {
  const env = () => ({ HOME: folder, XDG_CONFIG_HOME: join(folder, 'config'), USER: 'login' });

  it('charges the option, else the e-mail of the repository, else of the member, else the login', () => {
    expect(describeSource(null, folder, 'global', env()).member).toBe('login');
    write('config/git/config', '[user]\nemail = xdg@example.com\n');
    expect(describeSource(null, folder, 'global', env()).member).toBe('xdg@example.com');
    write('.gitconfig', '[user]\nemail = home@example.com\n');
    expect(describeSource(null, folder, 'global', env()).member).toBe('home@example.com');
    write('.git/config', '[user]\nemail = repo@example.com\n');
    expect(describeSource(null, folder, 'global', env()).member).toBe('repo@example.com');
    expect(describeSource('option', folder, 'global', env()).member).toBe('option');
  });

  it.each([
    ['mayor', { role: 'mayor', rig: null, worker: null }],
    ['deacon', { role: 'deacon', rig: null, worker: null }],
    ['deacon/boot', { role: 'boot', rig: null, worker: null }],
    ['deacon/dogs/rex', { role: 'dog', rig: null, worker: 'rex' }],
    ['gastown/witness', { role: 'witness', rig: 'gastown', worker: null }],
    ['gastown/refinery', { role: 'refinery', rig: 'gastown', worker: null }],
    ['gastown/polecats/Toast', { role: 'polecat', rig: 'gastown', worker: 'Toast' }],
    ['gastown/crew/joe', { role: 'crew', rig: 'gastown', worker: 'joe' }],
  ])('reads the role %s of a Gas Town', (role, expected) => {
    const town = describeSource(null, folder, 'global', {
      ...env(),
      GT_ROLE: role,
      GT_ROOT: '/srv/towns/hill',
      GT_WORK_BEAD: 'gt-1',
    }).town;
    expect(town).toEqual({ town: 'hill', bead: 'gt-1', ...expected });
  });

  it('knows no town outside of one', () => {
    expect(describeSource(null, folder, 'global', { ...env(), GT_ROOT: '/srv' }).town).toBeNull();
  });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

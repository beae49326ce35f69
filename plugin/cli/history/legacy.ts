// The JSON files in which OpenCode kept its history before it had a database: what was never migrated is still there.

import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

import { fields, type Fields } from '../../field.ts';
import { readText } from '../../project.ts';
import type { Row, Session } from './record.ts';
import { stranger, textOf } from './tables.ts';

export interface Legacy {
  /** The messages' ids in order, which is that of their time; each once. */
  readonly ids: readonly string[];
  readonly rows: (ids: readonly string[]) => readonly Row[];
  readonly sessions: (ids: readonly string[]) => ReadonlyMap<string, Session>;
}

export function openLegacy(storage: string): Legacy {
  const files = new Map<string, string>();
  for (const session of list(join(storage, 'message'))) {
    for (const file of list(join(storage, 'message', session))) {
      if (file.endsWith('.json')) files.set(basename(file, '.json'), join(storage, 'message', session, file));
    }
  }
  const described = new Map<string, string>();
  for (const project of files.size === 0 ? [] : list(join(storage, 'session'))) {
    for (const file of list(join(storage, 'session', project))) {
      described.set(basename(file, '.json'), join(storage, 'session', project, file));
    }
  }
  return {
    ids: [...files.keys()].toSorted(),
    rows: (ids) => ids.map((id) => row(id, files.get(id) ?? '')),
    sessions: (ids) => new Map(ids.flatMap((id) => (described.has(id) ? [[id, session(id)] as const] : []))),
  };

  function row(id: string, path: string): Row {
    const message = readJson(path);
    const owner = basename(join(path, '..'));
    const created = fields(message?.time).created;
    return {
      shelf: 'legacy',
      id,
      session: session(owner),
      createdAt: typeof created === 'number' ? created : null,
      writtenAt: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null,
      info: message === null ? null : { ...message, variant: message.variant ?? null },
      steps: list(join(storage, 'part', id)).flatMap((file) => {
        const part = readJson(join(storage, 'part', id, file));
        return part?.type === 'step-finish' ? [{ ...part, id: basename(file, '.json'), messageID: id }] : [];
      }),
    };
  }

  function session(id: string): Session {
    const info = readJson(described.get(id) ?? '');
    if (info === null) return stranger(id);
    const projectId = textOf(info.projectID);
    const created = fields(info.time).created;
    return {
      id,
      parent: textOf(info.parentID),
      createdAt: typeof created === 'number' ? created : null,
      directory: textOf(info.directory),
      worktree: projectId === null ? null : textOf(readJson(join(storage, 'project', `${projectId}.json`))?.worktree),
      projectId,
    };
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Most machines never had it.
    return [];
  }
}

function readJson(path: string): Fields | null {
  try {
    const value: unknown = JSON.parse(readText(path) ?? '');
    return typeof value === 'object' && value !== null ? fields(value) : null;
  } catch {
    return null;
  }
}

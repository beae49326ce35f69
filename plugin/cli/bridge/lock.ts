// One bridge a town, wherever each keeps its state: two would bring everything twice. The lock lies in the town and names who holds
// it; one whose process is gone is taken over.

import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';

import { fields } from '../../field.ts';
import { isAlive, type Owner, thisProcess } from '../../owner.ts';
import { done, failed, type Outcome } from '../command.ts';

export interface Lock {
  /** To be done each minute: a holder on another machine is known by it alone. */
  readonly touch: () => void;
  readonly release: () => void;
}

export interface Holder extends Owner {
  readonly host: string;
}

/** Towns ignore `*.lock` in git. */
function lockPath(town: string): string {
  return join(town, '.runtime', 'gasline-bridge.lock');
}

/** Who holds it and lives; null where nobody does. */
export function holderOf(town: string, now: number): Holder | null {
  const found = read(lockPath(town));
  return found !== null && isAlive(found.holder, thisProcess(), found.touchedAt, now) ? found.holder : null;
}

export function lockTown(town: string, now: number): Outcome<Lock> {
  const path = lockPath(town);
  const own: Holder = { ...thisProcess(), host: hostname() };
  for (let tries = 0; tries < 3; tries += 1) {
    const before = read(path);
    if (before !== null && isAlive(before.holder, own, before.touchedAt, now)) return busy(before.holder);
    if (before !== null && !setAside(path, before.text)) continue;
    try {
      publish(path, JSON.stringify(own));
      return done({
        // Somebody may have tidied up the town's folder.
        touch: () => (existsSync(path) ? utimesSync(path, new Date(), new Date()) : publish(path, JSON.stringify(own))),
        release: () => rmSync(path, { force: true }),
      });
    } catch (error) {
      // Another one was faster: who that is, the next look says.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return failed(`who bridges this town cannot be told: look at ${path}`);
}

function busy({ pid, host }: Holder): Outcome<never> {
  return failed(`another bridge serves this town already: process ${pid} on ${host}`);
}

/** With all that is in it at once, or not at all. */
function publish(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  try {
    linkSync(draft, path);
  } finally {
    rmSync(draft);
  }
}

/** False where another one has taken it over in between, whose lock is put back. */
function setAside(path: string, stale: string): boolean {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return false;
  }
  const isOurs = readFileSync(aside, 'utf8') === stale;
  if (isOurs) rmSync(aside);
  else renameSync(aside, path);
  return isOurs;
}

interface Found {
  readonly text: string;
  readonly holder: Holder;
  readonly touchedAt: number;
}

/** Null where there is none, or none that can be read. */
function read(path: string): Found | null {
  try {
    const text = readFileSync(path, 'utf8');
    const { machine, pid, start, host } = fields(JSON.parse(text));
    const holder = { machine: String(machine), pid: Number(pid), start: String(start), host: String(host) };
    return { text, holder, touchedAt: statSync(path).mtimeMs };
  } catch {
    return null;
  }
}

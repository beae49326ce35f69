// Which process a spool belongs to and whether that process still lives. The owner stands in the file's name, so that
// taking a dead one's spool is one atomic rename: of two processes that try, one finds the file gone.

import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, uptime } from 'node:os';

import { FOREIGN_QUIET_MS } from './limits.ts';

export interface Owner {
  /** Host and process namespace: a process id means something only inside one of them. */
  readonly machine: string;
  readonly pid: number;
  /** When the process started, in the kernel's ticks; 0 where the system does not tell. */
  readonly start: string;
}

export interface SpoolName {
  readonly source: string;
  readonly owner: Owner;
}

export function thisProcess(): Owner {
  const machine = createHash('sha256').update(`${hostname()} ${namespace()}`).digest('hex').slice(0, 8);
  return { machine, pid: process.pid, start: startOf(process.pid) ?? '0' };
}

export function spoolFile({ source, owner }: SpoolName): string {
  return `${source}.${owner.machine}-${owner.pid}-${owner.start}.jsonl`;
}

export function parseSpoolFile(file: string): SpoolName | null {
  const parts = /^(\w+)\.([0-9a-f]{8})-(\d+)-(\d+)\.jsonl$/.exec(file);
  if (parts === null) return null;
  const [, source = '', machine = '', pid = '', start = ''] = parts;
  return { source, owner: { machine, pid: Number(pid), start } };
}

export function isSame(a: Owner, b: Owner): boolean {
  return a.machine === b.machine && a.pid === b.pid && a.start === b.start;
}

/** `touchedAt` is the file's: an owner touches its spools each minute. */
export function isAlive(owner: Owner, here: Owner, touchedAt: number, now: number): boolean {
  // Another container or machine on the same home folder: its processes cannot be asked, only its silence be heard.
  if (owner.machine !== here.machine) return now - touchedAt < FOREIGN_QUIET_MS;
  // A process id of before the last boot is somebody else's now.
  if (touchedAt < now - uptime() * 1000 - BOOT_SLACK_MS) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // Another user's process may not be signalled, but it is there.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const start = startOf(owner.pid) ?? '0';
  if (start !== '0' && owner.start !== '0') return start === owner.start;
  // Whether another process took over the id is not told: an owner is not silent for long.
  return now - touchedAt < FOREIGN_QUIET_MS;
}

const BOOT_SLACK_MS = 60_000;

function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name may hold blanks and brackets; the start is the 20th field after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    // Not Linux: the process id and the boot time must do.
    return null;
  }
}

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

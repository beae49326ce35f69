// Agents that read their mail themselves, by the plugin in their OpenCode: it asks when a turn begins, and the bridge, which asks every
// few seconds, would always be there before it. So it leaves mail to a plugin that was heard of lately, until the mail has waited.

import { fields, list, name } from '../../field.ts';
import { ownAddresses } from '../../mail/addresses.ts';
import { attempt } from '../relay.ts';
import { BRIDGE } from './feeding.ts';
import { isSame } from './town.ts';
import type { Work } from './work.ts';

const HEARD_MS = 5 * 60_000;
const WAITED_MS = 5 * 60_000;
const LOOK_MS = 60_000;

/** Those of the addresses whose mail the bridge brings now. */
export type Choose = (addresses: readonly string[]) => Promise<readonly string[]>;

export function withoutOwnReaders(work: Work): Choose {
  let left: readonly string[] = [];
  let lookedAt = Number.NEGATIVE_INFINITY;
  return async (addresses) => {
    const now = work.io.now();
    if (now - lookedAt >= LOOK_MS) {
      lookedAt = now;
      const known = await readersOf(work, now);
      const own = addresses.filter((address) => known.some((one) => isSame(one, address)));
      const waited = await Promise.all(own.map((address) => hasWaited(work, address, now)));
      left = own.filter((_, at) => waited[at] !== true);
    }
    return addresses.filter((address) => !left.includes(address));
  };
}

/** By the addresses that their plugins ask for. Whom a relay does not tell of is nobody. */
async function readersOf({ read, io, town }: Work, now: number): Promise<readonly string[]> {
  const answer = await attempt(read, { path: 'v1/sources', query: { limit: '1000' } }, io);
  if (answer.kind !== 'done') return [];
  return list(fields(answer.value.json).sources).flatMap((source) => {
    const { id, town: told, last_seen_at: seen } = fields(source);
    const [of, role, rig, worker] = ['town', 'role', 'rig', 'worker'].map((tag) => name(fields(told)[tag]));
    const isLate = now - Date.parse(String(seen)) > HEARD_MS;
    if (of !== town.name || isLate || String(id).startsWith(BRIDGE)) return [];
    const tags = { town: null, role: role ?? null, rig: rig ?? null, worker: worker ?? null, bead: null };
    return ownAddresses({ town: tags, member: '', project: null });
  });
}

async function hasWaited(work: Work, address: string, now: number): Promise<boolean> {
  for (const mailbox of new Set([work.town.prefix + address, address])) {
    for (let after: string | null = '0'; after !== null;) {
      const query = { address: mailbox, unread: 'true', limit: '100', after };
      const answer = await attempt(work.ingest, { path: 'v1/mail', query }, work.io);
      const { mails, next } = fields(answer.kind === 'done' ? answer.value.json : null);
      // What somebody has taken is unread until it is marked otherwise.
      const waiting = list(mails)
        .map(fields)
        .filter(({ state }) => state !== 'acknowledged');
      if (waiting.some(({ timestamp }) => now - Date.parse(String(timestamp)) > WAITED_MS)) return true;
      after = typeof next === 'number' ? String(next) : null;
    }
  }
  return false;
}

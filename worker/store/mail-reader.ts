// Who there is in the towns of a team: the agents of the sources heard of lately, and whoever asked for an agent's mail, such as a
// bridge beside a town whose agents have no plugin.
import type { Source } from '../../plugin/contract.ts';
import type { Address, Agent } from '../mail/address.ts';
import { agentOf } from '../mail/identity.ts';
import type { Database } from './database.ts';

/** Agents come and go: a polecat lives for hours. */
export const LATELY_MS = 7 * 24 * 3_600_000;
/** Whoever asks every second is noted once an hour. */
const NOTED_MS = 3_600_000;
/** To take a group apart is one look at so many. */
const MOST = 5_000;

/** Who asks by both spellings is one agent, and by the name of its town: a group would else be two of it. */
export function noteReaders({ sql }: Database, agents: readonly Agent[], now: number): void {
  const ofTowns = new Set(agents.flatMap(({ address, town }) => (town === null ? [] : address.slice(town.length + 1))));
  for (const { address, role, town, rig } of agents) {
    if (town === null && ofTowns.has(address)) continue;
    sql.exec(
      /* sql */ `INSERT INTO mail_reader (address, role, town, rig, seen) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (address, role) DO UPDATE SET seen = ?5 WHERE seen < ?6`,
      address,
      role,
      town,
      rig,
      now,
      now - NOTED_MS,
    );
  }
}

export function dropReaders({ sql }: Database, now: number): void {
  sql.exec(/* sql */ `DELETE FROM mail_reader WHERE seen < ?`, now - LATELY_MS);
}

export function agentsOf({ sql }: Database, now: number): Agent[] {
  const sources = sql
    .exec<{ attributes: string }>(
      /* sql */ `SELECT origin.attributes
                   FROM source
                   JOIN origin ON origin.id = source.origin
                  WHERE source.last_seen >= ?
                    AND origin.attributes ->> 'town' IS NOT NULL
                  ORDER BY source.last_seen DESC
                  LIMIT ?`,
      now - LATELY_MS,
      MOST,
    )
    .toArray()
    .flatMap(({ attributes }) => {
      const { town } = JSON.parse(attributes) as Source;
      return (town === null ? null : agentOf(town)) ?? [];
    });
  const readers = sql
    .exec<{ address: string; role: string; town: string | null; rig: string | null }>(
      /* sql */ `SELECT address, role, town, rig FROM mail_reader WHERE seen >= ? ORDER BY seen DESC LIMIT ?`,
      now - LATELY_MS,
      MOST,
    )
    .toArray()
    .map((row) => ({ ...row, address: row.address as Address }));
  return [...sources, ...readers];
}

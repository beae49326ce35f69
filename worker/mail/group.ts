// Groups of a Gas Town, and who is in them. A group has no mailbox: mail to it is mail to each who is in it when it is sent, as in
// the town itself.
import type { Address, Agent } from './address.ts';

const WHOLE: Readonly<Record<string, (agent: Agent) => boolean>> = {
  // Those of no rig. The overseer is a person and no agent.
  '@town': ({ rig, role }) => rig === null && role !== 'overseer',
  '@witnesses': ({ role }) => role === 'witness',
  '@refineries': ({ role }) => role === 'refinery',
  '@deacons': ({ role }) => role === 'deacon',
  '@dogs': ({ role }) => role === 'dog',
};

const OF_RIG: Readonly<Record<string, (agent: Agent) => boolean>> = {
  '@rig': () => true,
  '@crew': ({ role }) => role === 'crew',
  '@polecats': ({ role }) => role === 'polecat',
};

/** A group without a town is that of all towns. */
export function membersOf(group: Address, agents: readonly Agent[]): Address[] {
  const [, town = null, name = '', rig = null] = /^(?:([^:@]*):)?(@[^/]*)(?:\/(.*))?$/.exec(group) ?? [];
  const table = rig === null ? WHOLE : OF_RIG;
  const isIn = Object.hasOwn(table, name) ? table[name] : undefined;
  const members = agents.filter(
    (agent) => (town === null || agent.town === town) && (rig === null || agent.rig === rig) && isIn?.(agent) === true,
  );
  return [...new Set(members.map(({ address }) => address))].toSorted();
}

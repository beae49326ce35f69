// Which mailboxes are a source's own: in a town that of its agent, elsewhere those of the member and the project. A town's agents
// all work in the name of one member, whose mail is not theirs.
import type { Source, TownTags } from '../../plugin/contract.ts';
import { NAME, parseAddress, type Address, type Agent } from './address.ts';

/** By role, in the town's own words for where it is; a part that the tags leave out leaves no address. */
const PATHS: Readonly<Record<string, (tags: TownTags) => readonly (string | null)[]>> = {
  mayor: () => ['mayor'],
  deacon: () => ['deacon'],
  boot: () => ['deacon', 'boot'],
  dog: ({ worker }) => ['deacon', 'dogs', worker],
  witness: ({ rig }) => [rig, 'witness'],
  refinery: ({ rig }) => [rig, 'refinery'],
  crew: ({ rig, worker }) => [rig, 'crew', worker],
  polecat: ({ rig, worker }) => [rig, 'polecats', worker],
};

/** Null where the tags do not say who it is. */
export function agentOf(tags: TownTags): Agent | null {
  const { role, town } = tags;
  const parts = role !== null && Object.hasOwn(PATHS, role) ? (PATHS[role]?.(tags) ?? []) : [];
  // A tag is a name, and no part of an address: `a/` would be read as `a`, and `a:b` as a town and its rig.
  if (!parts.every((part) => part !== null && NAME.test(part))) return null;
  const path = parts.join('/');
  return (town === null ? null : read(`${town}:${path}`)) ?? read(path);
}

function read(text: string): Agent | null {
  const parsed = parseAddress(text);
  return parsed.ok ? parsed.value.agent : null;
}

export function addressesOf(source: Source): Address[] {
  const read = textsOf(source).flatMap((text) => {
    const parsed = parseAddress(text);
    return parsed.ok ? parsed.value.address : [];
  });
  return [...new Set(read)];
}

function textsOf({ town, member, project }: Source): string[] {
  if (town === null)
    return [`member:${member}`, ...(project === null ? [] : [`project:${project.id}`, `project:${project.name}`])];
  const address = agentOf(town)?.address;
  return address === undefined ? [] : [address, address.replace(/^[^:/]*:/, '')];
}

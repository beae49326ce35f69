// Which mailboxes are this source's own, in the texts that the relay has for them: in a town its agent's, elsewhere the member's and
// the project's. The relay reads a source's tags in the same way when it says that mail waits; a test compares the two.

import type { Source, TownTags } from '../contract.ts';

/** A town, a rig, an agent. */
const NAME = /^[a-z0-9][\w.-]{0,63}$/i;
/** Words with single spaces between them, without commas or whatever does not show. */
const LABEL = /^[^\p{C}\p{Z},]+(?: [^\p{C}\p{Z},]+)*$/u;
const MAX_ADDRESS = 256;
/** Words of the grammar, which are no rig's and no worker's name. */
const WORDS = new Set('mayor deacon overseer witness refinery crew polecat polecats dogs'.split(' '));
const OURS = new Set(['member', 'project', 'session']);

export function ownAddresses({
  town,
  member,
  project,
}: Pick<Source, 'town' | 'member' | 'project'>): readonly string[] {
  if (town !== null) return ofTown(town);
  const labels = [
    `member:${member}`,
    ...(project === null ? [] : [`project:${project.id}`, `project:${project.name}`]),
  ];
  return [...new Set(labels.map((label) => label.normalize('NFC')).filter(isAddress))];
}

function isAddress(text: string): boolean {
  return text.length <= MAX_ADDRESS && LABEL.test(text.slice(text.indexOf(':') + 1));
}

/** The agent's with its town and without: senders in the same town leave it out. */
function ofTown(tags: TownTags): readonly string[] {
  const path = tags.role !== null && Object.hasOwn(PATHS, tags.role) ? PATHS[tags.role]?.(tags) : null;
  if (!path) return [];
  const isNamed = tags.town !== null && NAME.test(tags.town) && !OURS.has(tags.town);
  return isNamed ? [`${tags.town}:${path}`, path] : [path];
}

const PATHS: Readonly<Record<string, (tags: TownTags) => string | null>> = {
  mayor: () => 'mayor/',
  deacon: () => 'deacon/',
  boot: () => 'deacon/boot',
  dog: ({ worker }) => (worker !== null && NAME.test(worker) ? `deacon/dogs/${worker}` : null),
  witness: ({ rig }) => inRig(rig, 'witness'),
  refinery: ({ rig }) => inRig(rig, 'refinery'),
  crew: workerOf,
  polecat: workerOf,
};

function workerOf({ rig, worker }: TownTags): string | null {
  return worker !== null && NAME.test(worker) && !WORDS.has(worker) ? inRig(rig, worker) : null;
}

function inRig(rig: string | null, who: string): string | null {
  return rig !== null && NAME.test(rig) && !WORDS.has(rig) ? `${rig}/${who}` : null;
}

// The relay as a source of events: what it has to say itself goes into the log like anybody's.
import { VERSION } from '../../plugin/version.ts';
import type { Source } from '../../plugin/contract.ts';

/** No plugin's source can have this id: the door takes no colon. */
export const RELAY_ID = 'gasline:relay';

export const RELAY: Source = {
  id: RELAY_ID,
  plugin_version: VERSION,
  opencode_version: null,
  host: 'relay',
  member: 'relay',
  project: null,
  branch: null,
  town: null,
};

/** The relay where it passes on what a town said. */
export function relayIn(town: string | null): Source {
  return town === null ? RELAY : { ...RELAY, town: { town, role: null, rig: null, worker: null, bead: null } };
}

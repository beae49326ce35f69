// What a relay sends carries a mark, and a relay takes nothing that carries it: whatever names, tunnels and proxies lead from an
// endpoint back to a relay, this one or another, an event goes once around and no further. A limit above one hop would serve
// nobody, as relays have no business with each other: a plugin posts to its relay, and a town's bridge fetches.
import type { Answer } from '../destination/destination.ts';

export const MARK_HEADER = 'gasline-hops';
export const MARK = { [MARK_HEADER]: '1' };

/** The name of the problem that a relay answers it with. */
export const LOOP = 'loop';
const LOOP_DETECTED = 508;

/** Whether it was a relay that answered so, and not any server with a loop of its own. */
export function isLoop({ status, body }: Answer): boolean {
  return status === LOOP_DETECTED && body.includes(`urn:gasline:problem:${LOOP}`);
}

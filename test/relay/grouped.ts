// An endpoint that gets one message a session, type and minute, and what its receiver heard.
import { addEndpoint, type TestEndpoint } from './endpoint.ts';
import type { TestTeam } from './harness.ts';
import type { Receiver } from './receiver.ts';

export function addGrouped(team: TestTeam, { url }: Receiver, given: object = {}): Promise<TestEndpoint> {
  return addEndpoint(team, url, { delivery: { group_s: 60 }, ...given });
}

/** For how many others each message stood. */
export function foldedOf({ deliveries }: Receiver): (string | undefined)[] {
  return deliveries.map(({ headers }) => headers['gasline-folded'] as string | undefined);
}

/** What goes out at one moment arrives in any order. */
export function sorted(seqs: readonly number[]): number[] {
  return seqs.toSorted((a, b) => a - b);
}

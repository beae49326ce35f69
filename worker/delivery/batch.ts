// Cuts a window into requests: each event by itself, or up to so many together where the endpoint takes batches.
import type { Destination } from '../destination/destination.ts';
import type { Outgoing } from '../event/event.ts';

export type Batch = readonly [Outgoing, ...Outgoing[]];

/** In characters. Many receivers take no body of more than a megabyte, and one that fails is sent as a whole again. */
const MAX_BATCH = 250_000;

export function batchesOf(
  events: readonly Outgoing[],
  { destination, batch }: { readonly destination: Pick<Destination, 'renderBatch'>; readonly batch: number | null },
): Batch[] {
  const most = destination.renderBatch === undefined ? 1 : (batch ?? 1);
  const batches: [Outgoing, ...Outgoing[]][] = [];
  let size = 0;
  for (const event of events) {
    const last = batches.at(-1);
    size += event.json.length;
    if (last !== undefined && last.length < most && size <= MAX_BATCH) last.push(event);
    else {
      batches.push([event]);
      size = event.json.length;
    }
  }
  return batches;
}

// Cuts a window into requests: each event by itself, or up to so many together where the endpoint takes batches.
import type { Destination } from '../destination/destination.ts';
import type { Outgoing } from '../event/event.ts';

export type Batch = readonly [Outgoing, ...Outgoing[]];

export interface Cut {
  readonly destination: Pick<Destination, 'renderBatch'>;
  readonly batch: number | null;
}

/** In characters. Many receivers take no body of more than a megabyte, and a batch that fails is sent as a whole again. */
const MAX_BATCH = 250_000;

/** `breaks` are positions that begin a request: what failed together is sent together again, and nothing else with it. */
export function batchesOf(
  events: readonly Outgoing[],
  { destination, batch }: Cut,
  breaks: readonly number[] = [],
): Batch[] {
  const most = destination.renderBatch === undefined ? 1 : (batch ?? 1);
  const batches: [Outgoing, ...Outgoing[]][] = [];
  let size = 0;
  for (const event of events) {
    const last = batches.at(-1);
    size += event.json.length;
    if (last !== undefined && last.length < most && size <= MAX_BATCH && !breaks.includes(event.seq)) last.push(event);
    else {
      batches.push([event]);
      size = event.json.length;
    }
  }
  return batches;
}

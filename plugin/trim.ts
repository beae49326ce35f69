// Makes a spool smaller when it must be: the oldest events go first, and those that carry money last. What goes is
// reported by an event of its own, for a loss that nobody sees is the one thing a relay must not have.

import { randomUUID } from 'node:crypto';

import type { EventData, Source, SourceEvent } from './contract.ts';
import { AGE_MS, COST_AGE_MS } from './limits.ts';
import { eventLine } from './line.ts';
import type { Entry } from './scan.ts';

type Reason = EventData['spool.dropped']['reason'];

export interface Bounds {
  readonly now: number;
  /** Nothing is dropped for its size below `limit`; above it, so much that `target` is left. */
  readonly limit: number;
  readonly target: number;
  readonly reason: Exclude<Reason, 'age'>;
  /** Rather stay too large than drop money. */
  readonly sparesCosts?: boolean;
}

/** Returns the same array when nothing had to go. */
export function trim(entries: readonly Entry[], bounds: Bounds, takeSeq: (source: Source) => number): readonly Entry[] {
  const dropped = new Map<Entry, Reason>();
  for (const entry of entries) if (isTooOld(entry.event, bounds.now)) dropped.set(entry, 'age');

  let size = entries.reduce((sum, entry) => (dropped.has(entry) ? sum : sum + entry.bytes), 0);
  if (size > bounds.limit) {
    for (const entry of byWorth(entries)) {
      if (size <= bounds.target) break;
      if (dropped.has(entry) || (bounds.sparesCosts && isCost(entry.event))) continue;
      dropped.set(entry, bounds.reason);
      size -= entry.bytes;
    }
  }
  return dropped.size === 0 ? entries : withReports(entries, dropped, bounds.now, takeSeq);
}

function isCost(event: SourceEvent): boolean {
  return event.type === 'message.updated';
}

function isTooOld(event: SourceEvent, now: number): boolean {
  if (event.type === 'spool.dropped') return false;
  return now - Date.parse(event.time) > (isCost(event) ? COST_AGE_MS : AGE_MS);
}

/** In the order in which they may go. Reports stay: they are few, and merged below. */
function byWorth(entries: readonly Entry[]): readonly Entry[] {
  const plain = entries.filter(({ event }) => !isCost(event) && event.type !== 'spool.dropped');
  return [...plain, ...entries.filter(({ event }) => isCost(event))];
}

interface Loss {
  readonly source: Source;
  readonly reason: Reason;
  events: number;
  first: number;
  last: number;
}

function withReports(
  entries: readonly Entry[],
  dropped: ReadonlyMap<Entry, Reason>,
  now: number,
  takeSeq: (source: Source) => number,
): readonly Entry[] {
  const losses = new Map<string, Loss>();
  const add = (source: Source, reason: Reason, events: number, first: number, last: number): void => {
    const key = `${source.id} ${reason}`;
    const loss = losses.get(key) ?? { source, reason, events: 0, first, last };
    loss.events += events;
    loss.first = Math.min(loss.first, first);
    loss.last = Math.max(loss.last, last);
    losses.set(key, loss);
  };
  for (const [{ source, event }, reason] of dropped) add(source, reason, 1, event.seq, event.seq);

  // An earlier report of the same kind goes into the new one, or reports would fill the spool in the end.
  const kept = entries.filter((entry) => {
    if (dropped.has(entry)) return false;
    const { source, event } = entry;
    if (event.type !== 'spool.dropped' || !losses.has(`${source.id} ${event.data.reason}`)) return true;
    add(source, event.data.reason, event.data.events, event.data.first_seq, event.seq);
    return false;
  });
  return [...kept, ...[...losses.values()].map((loss) => report(loss, now, takeSeq(loss.source)))];
}

function report({ source, reason, events, first, last }: Loss, now: number, seq: number): Entry {
  const event: SourceEvent = {
    seq,
    id: `gl_${randomUUID()}`,
    type: 'spool.dropped',
    time: new Date(now).toISOString(),
    session: null,
    data: { reason, events, first_seq: first, last_seq: last },
  };
  return { source, event, bytes: eventLine(event).length };
}

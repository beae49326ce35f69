// Builders and readers for spool files.

import type { Source, SourceEvent } from '../../plugin/contract.ts';
import type { Fact } from '../../plugin/normalise.ts';
import { spoolFile, thisProcess } from '../../plugin/owner.ts';
import type { Queue } from '../../plugin/spool.ts';

/** The files that tests make are of this moment too, by the clock of the machine. */
export const NOW = Date.now();
export const DAY = 86_400_000;
export const HERE = thisProcess();

export const SOURCE: Source = {
  id: 'src_1',
  plugin_version: '0.1.0',
  opencode_version: null,
  host: 'h',
  member: 'm',
  project: null,
  branch: null,
  town: null,
};

export function take(queue: Queue, count: number): readonly number[] {
  const window = queue.next(count);
  window?.finish();
  return window?.events.map(({ seq }) => seq) ?? [];
}

export function drain(queue: Queue | null): readonly SourceEvent[] {
  const events: SourceEvent[] = [];
  for (let window = queue?.next(1000); window; window = queue?.next(1000)) {
    events.push(...window.events);
    window.finish();
  }
  return events;
}

export function name(source: string, owner = HERE): string {
  return spoolFile({ source, owner });
}

export function source(changes: Partial<Source> = {}): Source {
  return { ...SOURCE, ...changes };
}

export function fact(time = NOW): Fact {
  return { id: 'evt_1', type: 'session.compacted', time: new Date(time).toISOString(), session: 's', data: {} };
}

export function cost(time = NOW): Fact {
  return { ...fact(time), type: 'message.updated', data: { message: 'm', cost_usd: '1' } as never };
}

export function event(seq: number, time = NOW): SourceEvent {
  return { seq, ...fact(time) };
}

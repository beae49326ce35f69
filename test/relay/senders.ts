// Senders like plugins: one request at a time, the same batch again until it is acknowledged, through whatever befalls the relay.
import { setTimeout as sleep } from 'node:timers/promises';

import { batch, idle, message, source } from './builders.ts';
import type { RelayProcess } from './process.ts';

export interface Senders {
  /** What was acknowledged, as `source/number`. */
  readonly acknowledged: ReadonlySet<string>;
  /** Resolves once each has had the answer that it waits for, or has given up on it. */
  readonly stop: () => Promise<void>;
}

/** `restMs` between a sender's batches, of 1 to 4 events each. */
export function startSenders(relay: RelayProcess, count: number, restMs: number): Senders {
  const acknowledged = new Set<string>();
  const end = new AbortController();

  async function send(id: string): Promise<void> {
    for (let seq = 1; !end.signal.aborted;) {
      const events = Array.from({ length: 1 + (seq % 4) }, (_, at) => eventAt(seq + at, id));
      const sent = batch(events, { source: source({ id }) });
      while (!(await isAcknowledged(sent))) {
        if (end.signal.aborted) return;
        await sleep(20);
      }
      for (const event of events) acknowledged.add(`${id}/${event.seq}`);
      seq += events.length;
      if (restMs > 0) await sleep(restMs);
    }
  }

  function isAcknowledged(sent: unknown): Promise<boolean> {
    return relay.call('ingest', 'POST', '/v1/events', sent).then(
      ({ status }) => status === 202,
      () => false,
    );
  }

  const all = Array.from({ length: count }, (_, at) => send(`src_${at}`));
  return {
    acknowledged,
    async stop() {
      end.abort();
      await Promise.all(all);
    },
  };
}

/** Every third event is no message; the messages grow. */
function eventAt(seq: number, id: string) {
  const given = { session: `ses_${id}` };
  const grows = { message: `msg_${Math.floor(seq / 3)}`, cost_usd: `0.${seq.toString().padStart(9, '0')}` };
  return seq % 3 === 0 ? idle(seq, given) : message(seq, grows, given);
}

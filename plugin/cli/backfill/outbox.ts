// Sends a run's events in order, one request at a time, until the relay has each of them or has said why it will not. The run
// has a source id of its own and counts from 1. A source that outlived its run would be wrong: between two runs OpenCode deletes
// and adds, so that a number sent again would stand for another message and be taken for a duplicate. Within a run a batch is
// repeated exactly as it was; across runs the ledger knows a message by its session and id, whoever sends it.

import { gzipSync } from 'node:zlib';

import { classify, type Answer } from '../../answer.ts';
import { backoffMs } from '../../backoff.ts';
import { CONTRACT_VERSION, type Source, type SourceEvent } from '../../contract.ts';
import type { Fact } from '../../normalise.ts';
import { fields } from '../../field.ts';
import type { Io } from '../command.ts';
import type { Connection } from '../connection.ts';
import { groupBy } from '../group.ts';
import { causeOf } from '../relay.ts';

/** An event before the run has numbered it, and whose it is. */
export interface Draft {
  readonly source: Source;
  readonly event: Fact;
}

export interface Sent {
  /** Messages that the relay had already. */
  readonly known: number;
  /** With the relay's reason. */
  readonly rejected: readonly { readonly draft: Draft; readonly reason: string }[];
}

export type Delivery =
  | { readonly kind: 'sent'; readonly sent: Sent }
  | { readonly kind: 'stopped'; readonly problem: string };

export interface Outbox {
  readonly send: (drafts: readonly Draft[], backlog: number) => Promise<Delivery>;
}

export interface Effects extends Pick<Io, 'fetch' | 'now'> {
  readonly sleep: (ms: number) => Promise<void>;
  readonly random: () => number;
  /** A wait that somebody may wonder about. */
  readonly waiting: (ms: number, why: string) => void;
}

const BATCH_EVENTS = 500;
const REQUEST_MS = 30_000;
/** With the pauses between them a quarter of an hour: a relay that is restarted is waited for. */
const PATIENCE = 20;
/** A relay that can read nothing speaks another version: it must not make us take all that we have for malformed. */
const UNREADABLE_RUN = 5;

interface Numbered {
  readonly draft: Draft;
  readonly event: SourceEvent;
}

export function openOutbox(connection: Connection, effects: Effects): Outbox {
  let seq = 0;
  let unreadable = 0;
  return { send };

  async function send(drafts: readonly Draft[], backlog: number): Promise<Delivery> {
    const sent = { known: 0, rejected: [] as Sent['rejected'][number][] };
    const queue = batches(drafts);
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
      const left = queue.reduce((count, { length }) => count + length, backlog);
      const { answer, duplicates } = await insist(batch, left);
      if (answer.kind === 'stored') {
        unreadable = 0;
        for (const { index, detail } of answer.rejected) {
          const numbered = batch[index];
          if (numbered !== undefined) sent.rejected.push({ draft: numbered.draft, reason: detail });
        }
        if (batch[0]?.event.type === 'message.updated') sent.known += duplicates;
        continue;
      }
      if (answer.kind !== 'unreadable') return { kind: 'stopped', problem: answer.detail };
      const [only] = batch;
      if (batch.length > 1) {
        // Some event in it may be the reason: it is found in a few requests, and the others are sent.
        const middle = Math.ceil(batch.length / 2);
        queue.unshift(batch.slice(0, middle), batch.slice(middle));
      } else if (only !== undefined) {
        unreadable += 1;
        if (unreadable >= UNREADABLE_RUN) return { kind: 'stopped', problem: answer.detail };
        sent.rejected.push({ draft: only.draft, reason: answer.detail });
      }
    }
    return { kind: 'sent', sent };
  }

  /** A batch has one set of attributes, and one type of event: what the relay knew already it tells as a number alone. */
  function batches(drafts: readonly Draft[]): (readonly Numbered[])[] {
    const types = [...new Set(drafts.map(({ event }) => event.type))].toSorted().toReversed();
    const groups = types.flatMap((type) => {
      const ofType = drafts.filter(({ event }) => event.type === type);
      return [...groupBy(ofType, ({ source }) => source).values()];
    });
    return groups.flatMap((group) => {
      const numbered = group.map((draft) => ({ draft, event: { ...draft.event, seq: (seq += 1) } as SourceEvent }));
      const cuts = Math.ceil(numbered.length / BATCH_EVENTS);
      return Array.from({ length: cuts }, (_, cut) => numbered.slice(cut * BATCH_EVENTS, (cut + 1) * BATCH_EVENTS));
    });
  }

  async function insist(batch: readonly Numbered[], backlog: number): Promise<Posted> {
    for (let failures = 1; ; failures += 1) {
      const posted = await post(batch, backlog);
      if (posted.answer.kind !== 'later' || failures >= PATIENCE) return posted;
      const { afterMs, detail } = posted.answer;
      const pauseMs = afterMs ?? backoffMs('later', failures, effects.random());
      effects.waiting(pauseMs, detail);
      await effects.sleep(pauseMs);
    }
  }

  async function post(batch: readonly Numbered[], backlog: number): Promise<Posted> {
    const source = batch[0]?.draft.source;
    const sent_at = new Date(effects.now()).toISOString();
    const body = { version: CONTRACT_VERSION, source, sent_at, backlog, events: batch.map(({ event }) => event) };
    try {
      const response = await effects.fetch(new URL('v1/events', connection.url), {
        method: 'POST',
        headers: {
          authorization: `Bearer ${connection.token}`,
          'content-type': 'application/json',
          'content-encoding': 'gzip',
        },
        body: gzipSync(JSON.stringify(body)),
        // A redirect would carry the token to an address that nobody configured.
        redirect: 'manual',
        signal: AbortSignal.timeout(REQUEST_MS),
      });
      const text = await response.text();
      const answer = classify(response.status, response.headers.get('retry-after'), text, effects.now());
      return { answer, duplicates: answer.kind === 'stored' ? duplicatesOf(text) : 0 };
    } catch (error) {
      const detail = `the relay at ${connection.url.host} cannot be reached: ${causeOf(error)}`;
      return { answer: { kind: 'later', afterMs: null, detail }, duplicates: 0 };
    }
  }
}

interface Posted {
  readonly answer: Answer;
  readonly duplicates: number;
}

function duplicatesOf(receipt: string): number {
  try {
    const { duplicates } = fields(JSON.parse(receipt));
    return typeof duplicates === 'number' ? duplicates : 0;
  } catch {
    return 0;
  }
}

// What a team's plugins send, in two mixes.
import type { SourceEvent } from '../../plugin/contract.ts';
import { batch, event, idle, message, source } from '../relay/builders.ts';

export type Mix = 'messages' | 'turns';

/** An endless source: each call of the returned function makes the next batch of it, serialised. */
export function sourceOf(name: string, mix: Mix, size: number): () => string {
  const who = source({ id: name, member: `${name}@example.com` });
  const began = Date.now() - BEGAN_AGO_MS;
  let seq = 0;
  return () => {
    const events = Array.from({ length: size }, () => makers[mix]({ name, began }, (seq += 1)));
    return JSON.stringify(batch(events, { source: who }));
  };
}

interface Maker {
  readonly name: string;
  readonly began: number;
}

/** What a source says now is no correction of an hour that is over. */
const BEGAN_AGO_MS = 50 * 60_000;
/** So close together that the longest run of the bench ends before now. */
const APART_MS = 200;

const makers: { readonly [M in Mix]: (who: Maker, seq: number) => SourceEvent } = {
  /** The dearest: every event a message nobody has seen, 20 of them a session. */
  messages: (who, seq) => {
    const given = at(who, seq, 20);
    return message(seq, { message: `msg_${who.name}_${seq}`, created_at: given.time, completed_at: given.time }, given);
  },
  turns: (who, seq) => turn(seq, `msg_${who.name}_${Math.ceil(seq / TURN)}`, at(who, seq, TURN)),
};

const TURN = 10;

type Place = Pick<SourceEvent, 'id' | 'session' | 'time'>;

/** What OpenCode publishes of a short turn: it repeats the session's state more often than it says something new. */
function turn(seq: number, id: string, given: Place): SourceEvent {
  const info = { parent: null, created_at: given.time, title: null };
  switch (seq % TURN) {
    case 1:
      return event(seq, 'session.created', info, given);
    case 3:
      return event(seq, 'session.status', { status: 'busy' }, given);
    case 5:
      return message(seq, { message: id, created_at: given.time, completed_at: null, cost_usd: '0' }, given);
    case 7:
      return message(seq, { message: id, created_at: given.time, completed_at: given.time }, given);
    case 9:
      return event(seq, 'todo.updated', { pending: 1, in_progress: 1, completed: 0, cancelled: 0 }, given);
    case 0:
      return idle(seq, given);
    default:
      return event(seq, 'session.updated', info, given);
  }
}

/** OpenCode's ids are about this long. */
function at({ name, began }: Maker, seq: number, eventsASession: number): Place {
  return {
    id: `evt_${name}_${seq.toString(36).padStart(12, '0')}`,
    session: `ses_${name}_${Math.ceil(seq / eventsASession).toString(36)}`,
    time: new Date(began + seq * APART_MS).toISOString(),
  };
}

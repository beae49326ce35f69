// What a team's plugins send, in two mixes.
import type { SourceEvent } from '../../plugin/contract.ts';
import { batch, event, idle, message, source } from '../relay/builders.ts';

export type Mix = 'messages' | 'turns';

/** An endless source: each call of the returned function makes the next batch of it, serialised. */
export function sourceOf(name: string, mix: Mix, size: number): () => string {
  const who = source({ id: name, member: `${name}@example.com` });
  let seq = 0;
  return () => {
    const events = Array.from({ length: size }, () => makers[mix](name, (seq += 1)));
    return JSON.stringify(batch(events, { source: who }));
  };
}

const makers: { readonly [M in Mix]: (name: string, seq: number) => SourceEvent } = {
  /** The dearest: every event a message nobody has seen, 20 of them a session. */
  messages: (name, seq) => {
    const given = at(name, seq, 20);
    return message(seq, { message: `msg_${name}_${seq}`, created_at: given.time }, given);
  },
  turns: (name, seq) => turn(seq, `msg_${name}_${Math.ceil(seq / TURN)}`, at(name, seq, TURN)),
};

const TURN = 10;

type Place = Pick<SourceEvent, 'id' | 'session' | 'time'>;

/** What OpenCode publishes of a short turn: it repeats the session's state more often than it says something new. */
function turn(seq: number, id: string, given: Place): SourceEvent {
  const info = { parent: null, created_at: '2026-11-20T09:00:00.000Z', title: null };
  switch (seq % TURN) {
    case 1:
      return event(seq, 'session.created', info, given);
    case 3:
      return event(seq, 'session.status', { status: 'busy' }, given);
    case 5:
      return message(seq, { message: id, created_at: given.time, completed_at: null, cost_usd: '0' }, given);
    case 7:
      return message(seq, { message: id, created_at: given.time }, given);
    case 9:
      return event(seq, 'todo.updated', { pending: 1, in_progress: 1, completed: 0, cancelled: 0 }, given);
    case 0:
      return idle(seq, given);
    default:
      return event(seq, 'session.updated', info, given);
  }
}

/** OpenCode's ids are about this long. A source's events lie a second apart, its first hours before now. */
function at(name: string, seq: number, eventsASession: number): Place {
  return {
    id: `evt_${name}_${seq.toString(36).padStart(12, '0')}`,
    session: `ses_${name}_${Math.ceil(seq / eventsASession).toString(36)}`,
    time: new Date(Date.UTC(2026, 10, 20, 9) + seq * 1_000).toISOString(),
  };
}

// An event in the relay: as it was parsed at the door, as it lies in the log, and as everybody reads it.
import type { EventData, EventType, Source } from '../../plugin/contract.ts';
import type { WebhookEvent } from '../../plugin/webhook/types.ts';

/** One event as the log keeps it. `n` is its number in its source; its position in the log follows from its place. */
export interface LoggedEvent {
  readonly n: number;
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly session: string | null;
  readonly data: object;
}

/** A parsed batch: what is wrong with single events has been taken out and listed. */
export interface ParsedBatch {
  readonly source: Source;
  readonly sentAt: number;
  readonly backlog: number;
  readonly events: readonly LoggedEvent[];
}

/** A parsed batch on its way to the team: its events are the JSON text that the log holds, written once and read once. */
export interface PackedBatch {
  readonly source: Source;
  readonly sentAt: number;
  readonly backlog: number;
  readonly events: string;
}

export function pack(batch: ParsedBatch): PackedBatch {
  return { ...batch, events: JSON.stringify(batch.events) };
}

/** The one shape in which an event leaves the relay: in the API, in a webhook's body, in a live stream. */
export type PublicEvent = WebhookEvent;

/** An event on its way out: as text, since it crosses to the Courier and most receivers get it as it stands. */
export interface Outgoing {
  readonly id: string;
  readonly seq: number;
  /** A PublicEvent as JSON. */
  readonly json: string;
  /** What its session and all its sub-agents have cost so far, in US dollars, for those who say so; null where nobody asked. */
  readonly spent: string | null;
  /** How many earlier ones of its session and type it stands for, which a grouped endpoint was not sent. */
  readonly folded: number;
}

export function outgoing(event: PublicEvent, spent: string | null = null, folded = 0): Outgoing {
  return { id: event.id, seq: event.seq, json: JSON.stringify(event), spent, folded };
}

export interface Position {
  readonly team: string;
  readonly seq: number;
  readonly received: number;
  readonly source: Source;
}

export function publish(event: LoggedEvent, position: Position): PublicEvent {
  return {
    id: `${position.team}-${position.seq}`,
    seq: position.seq,
    type: event.type,
    timestamp: new Date(event.at).toISOString(),
    received_at: new Date(position.received).toISOString(),
    session: event.session,
    origin: { id: event.id, seq: event.n },
    source: position.source,
    data: event.data,
  };
}

/** The position that an event's id stands for, null where it is no id of the team's. */
export function seqOf(team: string, id: string): number | null {
  const digits = id.startsWith(`${team}-`) ? id.slice(team.length + 1) : '';
  return /^[1-9]\d{0,14}$/.test(digits) ? Number(digits) : null;
}

/** Narrows an event to a type of the contract; its data was parsed as that type before it was stored. */
export function dataOf<T extends EventType>(event: LoggedEvent, type: T): EventData[T] | null {
  return event.type === type ? (event.data as EventData[T]) : null;
}

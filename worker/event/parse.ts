// The door: what a source sent becomes a ParsedBatch. A fault of the envelope refuses the batch; a fault of one event rejects
// that event, by its index, and no other. Types that are not known here are kept as they are.
import * as v from 'valibot';

import {
  CONTRACT_VERSION,
  type AssistantMessage,
  type EventType,
  type Rejection,
  type Source,
} from '../../plugin/contract.ts';
import { parseUsd } from '../ledger/money.ts';
import { fail, ok, type Result } from '../result.ts';
import type { LoggedEvent, ParsedBatch } from './event.ts';
import { describe, STRICTLY } from './issue.ts';
import { dataSchemas, instant, LONE_SURROGATE, name, nullableName } from './schema.ts';

export const MAX_EVENTS = 1_000;
const MAX_DATA_BYTES = 16_384;
/** OpenCode did not exist before; a clock that shows less was never set. */
const EARLIEST = Date.UTC(2024, 0, 1);
const MAX_AHEAD_MS = 24 * 3_600_000;

const source: v.GenericSchema<unknown, Source> = v.object({
  id: v.pipe(name, v.regex(/^[\w.-]+$/, 'must be letters, digits, "_", "-" or "."')),
  plugin_version: name,
  opencode_version: nullableName,
  host: name,
  member: name,
  project: v.nullable(v.object({ id: name, name })),
  branch: nullableName,
  town: v.nullable(
    v.object({ town: nullableName, role: nullableName, rig: nullableName, worker: nullableName, bead: nullableName }),
  ),
  backfill: v.exactOptional(v.boolean('must be true or false')),
});

const COUNT = 'must be a whole number, not negative';

const envelope = v.object({
  version: v.literal(
    CONTRACT_VERSION,
    `must be ${CONTRACT_VERSION}: the plugin and the relay are of different versions`,
  ),
  source,
  sent_at: instant,
  backlog: v.pipe(v.number(COUNT), v.safeInteger(COUNT), v.minValue(0, COUNT)),
  events: v.pipe(v.array(v.unknown()), v.minLength(1, 'must hold an event'), v.maxLength(MAX_EVENTS)),
});

const head = v.object({
  seq: v.pipe(v.number(), v.safeInteger('must be a whole number'), v.minValue(1)),
  id: name,
  type: v.pipe(name, v.regex(/^[a-z0-9_]+(\.[a-z0-9_]+)*$/i, 'must be words joined by dots, such as session.idle')),
  time: instant,
  session: nullableName,
  data: v.custom<object>(isObject, 'must be an object'),
});

/** JSON.stringify escapes nothing else so: what it stands for is no text, and strict readers of JSON refuse it. */
const HALF_A_PAIR = /(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]/;

/** Whoever listens to these takes them for the relay's word. */
export const OWN =
  /^(?:(?:anomaly|archive|budget|city|digest|endpoint|escalation|ledger|mail|notice|prices|retention)\.|session\.(?:stalled|resumed)$)/i;

export interface Parsed {
  readonly batch: ParsedBatch;
  readonly rejected: readonly Rejection[];
}

export interface Limits {
  readonly now: number;
  /** What a single message may cost. */
  readonly maxUsd: number;
}

export function parseBatch(body: unknown, limits: Limits): Result<Parsed, string> {
  const batch = v.safeParse(envelope, body, STRICTLY);
  if (!batch.success) return fail(describe(batch.issues[0]));
  const events: LoggedEvent[] = [];
  const rejected: Rejection[] = [];
  for (const [index, candidate] of batch.output.events.entries()) {
    const event = parseEvent(candidate, limits);
    if (event.ok) events.push(event.value);
    else rejected.push({ index, detail: event.error });
  }
  const { source, sent_at, backlog } = batch.output;
  return ok({ batch: { source, sentAt: Date.parse(sent_at), backlog, events }, rejected });
}

function parseEvent(candidate: unknown, { now, maxUsd }: Limits): Result<LoggedEvent, string> {
  const event = v.safeParse(head, candidate, STRICTLY);
  if (!event.success) return fail(describe(event.issues[0]));
  const { seq, id, type, time, session } = event.output;
  if (OWN.test(type)) return fail(`type: is the relay's own to say, got ${type}`);
  const at = Date.parse(time);
  if (!isPlausible(at, now)) return fail(`time: ${implausible(time)}`);
  const schema = Object.hasOwn(dataSchemas, type) ? dataSchemas[type as EventType] : null;
  if (schema === null) {
    const { data } = event.output;
    const text = textOf(data);
    if (text === null) return fail('data: must hold no number beyond 1.8e308');
    if (HALF_A_PAIR.test(text)) return fail(`data: ${LONE_SURROGATE}`);
    const bytes = new TextEncoder().encode(text).length;
    if (bytes > MAX_DATA_BYTES) return fail(`data: must be at most ${MAX_DATA_BYTES} bytes of JSON, got ${bytes}`);
    return ok({ n: seq, id, type, at, session, data });
  }
  const data = v.safeParse(schema, event.output.data, STRICTLY);
  if (!data.success) return fail(`data.${describe(data.issues[0])}`);
  if (session === null && type.startsWith('message.')) return fail('session: a message belongs to a session, got null');
  const cost = type === 'message.updated' ? (data.output as AssistantMessage).cost_usd : '0';
  // What has more digits than the door for money takes is more than anything may cost.
  if ((parseUsd(cost) ?? Number.POSITIVE_INFINITY) > maxUsd * 1e9)
    return fail(`data.cost_usd: must be at most ${maxUsd} dollars a message, got "${cost.slice(0, 80)}"`);
  // The moment that a message's cost belongs to: at any other nobody would ever ask for it.
  if ('created_at' in data.output && !isPlausible(Date.parse(data.output.created_at), now)) {
    return fail(`data.created_at: ${implausible(data.output.created_at)}`);
  }
  return ok({ n: seq, id, type, at, session, data: data.output });
}

function isPlausible(at: number, now: number): boolean {
  return at >= EARLIEST && at <= now + MAX_AHEAD_MS;
}

function implausible(time: string): string {
  return `must lie between 2024 and a day from now, got ${time}: set the clock of the machine`;
}

/** As JSON; null where it holds what JSON.parse took for infinity, and JSON.stringify would make null of (RFC 8259, 6). */
function textOf(data: object): string | null {
  let isWhole = true;
  const text = JSON.stringify(data, (_, value: unknown) => {
    isWhole &&= value !== Number.POSITIVE_INFINITY && value !== Number.NEGATIVE_INFINITY;
    return value;
  });
  return isWhole ? text : null;
}

/** An object as it came: a schema of records would leave out keys such as "constructor". */
function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// What the data of each event type of the contract must be. The annotations tie every schema to the contract's own type: a
// field that one of them lacks does not compile.
import * as v from 'valibot';

import type { AssistantMessage, ErrorInfo, EventData, EventType, SessionInfo, Tokens } from '../../plugin/contract.ts';

const MAX_TOKENS = 1_000_000_000;

/** SQLite keeps UTF-8, in which half a surrogate pair has no place: what is read back would be another text. */
export const LONE_SURROGATE = 'must be well-formed text, without half a surrogate pair';

/**
 * A label: short, and free of the control characters that would break a terminal or a chat message. One test for all, since
 * every event has a dozen of them; what is wrong is looked for only where something is.
 */
export const name = v.pipe(
  v.string('must be text'),
  v.check(
    (text) => NAME.test(text) && isWellFormed(text),
    ({ input }) => wrongName(input),
  ),
);

// oxlint-disable-next-line no-control-regex -- control characters are what this refuses
const NAME = /^[^\u0000-\u001f\u007f]{1,256}$/;

function wrongName(text: string): string {
  if (text === '') return 'must not be empty';
  if (text.length > 256) return 'must be at most 256 characters';
  return isWellFormed(text) ? 'must not hold control characters' : LONE_SURROGATE;
}

export const nullableName = v.nullable(name);

/** RFC 3339 in UTC, as `Date#toISOString` writes it. */
export const instant = v.pipe(
  v.string('must be an ISO 8601 time in UTC'),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/, 'must be an ISO 8601 time in UTC'),
  v.check(exists, 'must be a time that exists'),
);

const count = v.pipe(
  v.number('must be a number'),
  v.check(
    (value) => Number.isSafeInteger(value) && value >= 0 && value <= MAX_TOKENS,
    ({ input }) => wrongCount(input),
  ),
);

function wrongCount(value: number): string {
  if (!Number.isSafeInteger(value)) return 'must be a whole number';
  return value < 0 ? 'must not be negative' : `must be at most ${MAX_TOKENS}`;
}

const USD = 'must be a decimal string in US dollars such as "0.00396"';
/** How much a message may cost is the operator's to say. */
const costUsd = v.pipe(
  v.string(USD),
  v.check(
    (text) => /^\d+(\.\d{1,9})?$/.test(text),
    ({ input }) => wrongCost(input),
  ),
);

function wrongCost(text: string): string {
  if (/^-[\d.]+$/.test(text)) return 'must not be negative';
  return /^\d+\.\d+$/.test(text) ? 'must have at most nine decimal places' : USD;
}

const tokens: v.GenericSchema<unknown, Tokens> = v.object({
  input: count,
  output: count,
  reasoning: count,
  cache_read: count,
  cache_write: count,
});

const errorInfo: v.GenericSchema<unknown, ErrorInfo> = v.object({ name, status: v.nullable(count) });

const sessionFields = {
  parent: nullableName,
  created_at: instant,
  title: v.nullable(
    v.pipe(
      v.string('must be text'),
      v.maxLength(1_024, 'must be at most 1024 characters'),
      v.check(isWellFormed, LONE_SURROGATE),
    ),
  ),
};
const sessionInfo: v.GenericSchema<unknown, SessionInfo> = v.object(sessionFields);

export const KINDS = ['chat', 'compaction', 'subagent'] as const;
const assistantMessage: v.GenericSchema<unknown, AssistantMessage> = v.object({
  message: name,
  kind: v.picklist(KINDS, 'must be chat, compaction or subagent'),
  provider: name,
  model: name,
  variant: nullableName,
  agent: nullableName,
  created_at: instant,
  completed_at: v.nullable(instant),
  cost_usd: costUsd,
  tokens,
  copied: v.boolean('must be true or false'),
  error: v.nullable(errorInfo),
});

const empty: v.GenericSchema<unknown, Record<string, never>> = v.object({});

export const dataSchemas: { readonly [T in EventType]: v.GenericSchema<unknown, EventData[T]> } = {
  'session.created': sessionInfo,
  'session.updated': sessionInfo,
  'session.reverted': v.object({ ...sessionFields, message: name }),
  'session.deleted': sessionInfo,
  'session.idle': empty,
  'session.compacted': empty,
  'session.status': v.variant('status', [
    v.object({ status: v.literal('busy') }),
    v.object({ status: v.literal('retry'), attempt: count, next_at: v.nullable(instant) }),
  ]),
  'session.error': v.object({ error: errorInfo }),
  'message.updated': assistantMessage,
  'message.removed': v.object({ message: name }),
  'permission.asked': v.object({ request: name, permission: name }),
  'permission.replied': v.object({ request: name, reply: name }),
  'question.asked': v.object({ request: name, questions: count }),
  'todo.updated': v.object({ pending: count, in_progress: count, completed: count, cancelled: count }),
  'spool.dropped': v.object({
    reason: v.picklist(['size', 'age', 'files']),
    events: count,
    first_seq: count,
    last_seq: count,
  }),
};

function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

/** Date.parse takes the 30th of February for the 2nd of March and 24:00 for the next day: few texts are worth asking it. */
function exists(text: string): boolean {
  return IN_EVERY_MONTH.test(text) || new Date(text).getUTCDate() === Number(text.slice(8, 10));
}

const IN_EVERY_MONTH = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d/;

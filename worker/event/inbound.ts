// What the outbound hooks of a town or a city say, who know one URL and no event of ours. Whatever it is, it is data: a text keeps
// its control characters and its markup, and who shows it has to see to them.
import { fail, ok, type Result } from '../result.ts';
import { cityEvent, cityUsage } from './city.ts';
import { escalationOf, type Escalation } from './escalation.ts';
import { labelOf, MAX_TEXT, shorten, type Heard } from './heard.ts';
import { parseJson } from './json.ts';

/** `gt-notify` is the script that a town's daemon runs, the last three are what a Gas City calls. */
export const INBOUND_KINDS = ['slack', 'sms', 'gt-notify', 'gc-extmsg', 'gc-events', 'gc-usage'] as const;
export type InboundKind = (typeof INBOUND_KINDS)[number];
/** Those that post JSON objects, one a line; the others say one thing in words. */
export type LineKind = keyof typeof OF_LINES;
export type TextKind = Exclude<InboundKind, LineKind | 'gc-extmsg'>;

/** Where each says its text: gastown's `sendEscalationSlack` and `sendEscalationSMS`, and the script in our README. */
const FIELD: { readonly [K in TextKind]: string } = {
  slack: 'text',
  sms: 'body',
  'gt-notify': 'message',
};

const MAX_LINES = 1_000;

export function isOfLines(kind: InboundKind): kind is LineKind {
  return Object.hasOwn(OF_LINES, kind);
}

/** One thing said. Whatever names its type: JSON, a form, or just the text. */
export function readText(kind: TextKind, body: string): Result<Heard, string> {
  const given = fieldsOf(body, FIELD[kind]);
  const said = saidIn(given, FIELD[kind]);
  if (!said.ok) return said;
  const [channel, priority] = [labelOf(given['channel']), labelOf(given['priority'])];
  const escalation = escalationOf(said.value, priority);
  if (escalation === null) {
    return ok({ type: 'notice.received', data: { text: shorten(said.value, MAX_TEXT), channel, priority } });
  }
  const data: Escalation = { ...escalation, text: shorten(escalation.text, MAX_TEXT), channel };
  return ok({ type: 'escalation.raised', data });
}

export interface Published {
  readonly text: string;
  readonly channel: null;
  readonly priority: null;
  /** The city's own name of who said it. */
  readonly session: string | null;
  /** To whom, in the city's words. */
  readonly conversation: Readonly<Record<string, string>>;
  /** The same where the city tries again. */
  readonly key: string | null;
}

const CONVERSATION = [
  'scope_id',
  'provider',
  'account_id',
  'conversation_id',
  'parent_conversation_id',
  'kind',
] as const;

/** What an agent of a city's writes to somebody outside: never an escalation of its town's, whatever it looks like. */
export function readPublished(body: string): Result<Published, string> {
  const given = fieldsOf(body, 'text');
  const said = saidIn(given, 'text');
  if (!said.ok) return said;
  const about = (given['conversation'] ?? {}) as Record<string, unknown>;
  const parts = CONVERSATION.flatMap((name) => {
    const part = labelOf(about[name]);
    return part === null ? [] : [[name, part] as const];
  });
  const [session, key] = [labelOf(given['session_id']), labelOf(given['idempotency_key'])];
  const text = shorten(said.value, MAX_TEXT);
  return ok({ text, channel: null, priority: null, session, conversation: Object.fromEntries(parts), key });
}

function saidIn(given: Readonly<Record<string, unknown>>, field: string): Result<string, string> {
  const text = given[field];
  if (typeof text !== 'string') return fail(`${field}: must be text`);
  const said = text.toWellFormed().trim();
  return said === '' ? fail(`${field}: must not be empty`) : ok(said);
}

const OF_LINES = { 'gc-events': cityEvent, 'gc-usage': cityUsage };

export interface Lines {
  readonly heard: readonly Heard[];
  /** How many were passed over, as we said them ourselves. */
  readonly ignored: number;
  readonly rejected: readonly { readonly index: number; readonly detail: string }[];
}

/** A JSON object a line. One that is wrong is rejected by itself, by its index. */
export function readLines(kind: LineKind, body: string): Result<Lines, string> {
  const lines = body.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) return fail('body: must hold a JSON object, one a line');
  if (lines.length > MAX_LINES) return fail(`body: must hold at most ${MAX_LINES} lines, got ${lines.length}`);
  const [heard, rejected] = [[] as Heard[], [] as { index: number; detail: string }[]];
  for (const [index, line] of lines.entries()) {
    const json = parseJson(new TextEncoder().encode(line));
    const read = json.ok ? OF_LINES[kind](json.value) : json;
    if (!read.ok) rejected.push({ index, detail: read.error });
    else if (read.value !== null) heard.push(read.value);
  }
  return ok({ heard, ignored: lines.length - heard.length - rejected.length, rejected });
}

/** curl's `-d` calls everything a form, so what it is shows in the text alone. */
function fieldsOf(body: string, wanted: string): Readonly<Record<string, unknown>> {
  const json = parsed(body);
  if (typeof json === 'object' && json !== null) return json as Record<string, unknown>;
  const form = new URLSearchParams(body);
  if (form.has(wanted)) return Object.fromEntries(form);
  // Slack takes its JSON in a form too.
  const payload = parsed(form.get('payload') ?? '');
  if (typeof payload === 'object' && payload !== null) return payload as Record<string, unknown>;
  return { [wanted]: typeof json === 'string' ? json : body };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

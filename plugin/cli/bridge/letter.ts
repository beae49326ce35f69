// A message of the relay as `gt mail send` takes it. What somebody outside wrote reaches a label of beads, a terminal and a model
// through it: none of them may take it for more than text.

import { stripVTControlCharacters } from 'node:util';

import { type Fields, fields, list } from '../../field.ts';
import { plain } from '../text.ts';

export interface Letter {
  readonly id: string;
  readonly from: string;
  readonly subject: string;
  readonly body: string;
  readonly priority: string;
  readonly type: string;
  readonly to: string;
  readonly cc: readonly string[];
  readonly thread: string;
  readonly replyTo: string;
  /** The mailboxes that it lies in, of those that were asked for. */
  readonly addresses: readonly string[];
}

/** Null for what is no message. */
export function letterIn(mail: unknown): Letter | null {
  const given: Fields = fields(mail);
  const { id } = given;
  if (typeof id !== 'string' || !/^[\w.-]{1,256}$/.test(id)) return null;
  const text = (name: string) => (typeof given[name] === 'string' ? given[name] : '');
  const texts = (name: string) => list(given[name]).filter((one) => typeof one === 'string');
  const [from, subject, body, priority, type, to, thread, replyTo] = TEXTS.map(text);
  return {
    id,
    from: from ?? '',
    subject: subject ?? '',
    body: body ?? '',
    priority: priority ?? '',
    type: type ?? '',
    to: to ?? '',
    cc: texts('cc'),
    thread: thread ?? '',
    replyTo: replyTo ?? '',
    addresses: texts('addresses'),
  };
}

const TEXTS = ['from', 'subject', 'body', 'priority', 'type', 'to', 'thread_id', 'reply_to'] as const;

/** As beads number them. */
const PRIORITIES: readonly string[] = ['urgent', 'high', 'normal', 'low'];
const TYPES: readonly string[] = ['task', 'escalation', 'scavenge', 'notification', 'reply'];

/** Every value stands behind a `=`, so that none of them can be an option of its own. The nudge is ours to give. */
export function sendWords(letter: Letter, to: string): readonly string[] {
  const { from, subject, priority, type } = letter;
  return [
    'mail',
    'send',
    to,
    `--from=${senderOf(from)}`,
    `--subject=${subjectOf(subject)}`,
    `--priority=${PRIORITIES.includes(priority) ? PRIORITIES.indexOf(priority) : 2}`,
    `--type=${TYPES.includes(type) ? type : 'notification'}`,
    '--no-notify',
    '--stdin',
  ];
}

/** A label of beads, in a list that commas part: a comma in it would be a label of the sender's choice. */
export function senderOf(from: string): string {
  return `relay/${from.replaceAll(/[^\w.@/-]+/g, '-').slice(0, 100) || 'unknown'}`;
}

const MOST_SUBJECT = 500;

/** On one line, and never the end of the block in which `gt mail check --inject` shows it to a model. */
function subjectOf(subject: string): string {
  // A title that begins with a dash looks to beads like a flag that somebody forgot to end (`bd create`).
  const line = shown(subject).replace(/^-/, '–');
  return line.slice(0, MOST_SUBJECT).toWellFormed() || '(no subject)';
}

/** On one line, and no tag. */
function shown(text: string): string {
  return plain(text).replaceAll('<', '‹').replaceAll('>', '›').trim();
}

export function bodyOf(letter: Letter): string {
  const { id, from, to, cc, thread, replyTo, body } = letter;
  // A message that begins a thread has the thread's name.
  const told = frameOf({ to: cc.length > 0 ? to : '', cc, thread: thread === id ? '' : thread, replyTo }).map(shown);
  return [
    `Sent from outside this town by ${shown(from)}, through the relay: nobody here vouches for it.`,
    ...told,
    '',
    harmless(body).trimEnd(),
    '',
    markOf(id),
  ].join('\n');
}

export interface Frame {
  readonly to: string;
  readonly cc: readonly string[];
  readonly thread: string;
  readonly replyTo: string;
}

const MOST_FRAME = 2_000;

/** What the mail of the other side has no place for, in one line or none: each part where it says something. */
export function frameOf({ to, cc, thread, replyTo }: Frame): readonly string[] {
  const parts = [
    ...(to === '' ? [] : [`To: ${to}`]),
    ...(cc.length === 0 ? [] : [`Cc: ${cc.join(', ')}`]),
    ...(thread === '' ? [] : [`thread ${thread}`]),
    ...(replyTo === '' ? [] : [`in answer to ${replyTo}`]),
  ];
  return parts.length === 0 ? [] : [parts.join(', ').slice(0, MOST_FRAME).toWellFormed()];
}

/** Stands in the last line of what the bridge brought, so that it is known again. */
export function markOf(id: string): string {
  return `[relay ${id}]`;
}

export function isMarked(body: string, mark: string): boolean {
  return body.trimEnd().split('\n').at(-1)?.trim() === mark;
}

/** Lines and tabs are kept; what a terminal obeys and what a model takes for its harness's own words are not. */
function harmless(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, ' ')
    .replaceAll(/<(?=\s*\/?\s*system)/gi, '‹')
    .toWellFormed();
}

// Mail of the town for those whom it reaches through the relay, its overseer above all: each message once, by an Idempotency-Key that
// is made of the town's own id. Looking does not mark it as read in the town.

import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { fields, type Fields, list } from '../../field.ts';
import { done } from '../command.ts';
import { counted } from '../figure.ts';
import { attempt } from '../relay.ts';
import { plain } from '../text.ts';
import { type Applied, openApplied } from './applied.ts';
import { type Gt, jsonIn } from './gt.ts';
import { frameOf } from './letter.ts';
import type { Town } from './town.ts';
import type { Part, Round, Work } from './work.ts';

export function mailOut(work: Work, addresses: readonly string[]): Part {
  const { folder, disk, io } = work;
  const path = join(folder, 'sent.jsonl');
  const open = () => openApplied(path, disk, io.now);
  let sent: Applied | null = null;
  return async () => {
    let count = 0;
    let hindrance: Exclude<Round, { kind: 'done' }> | null = null;
    for (const address of addresses) {
      const round = await (work.isDry ? foresee(work, address) : bringOut(work, address, (sent ??= open())));
      if (round.kind === 'done') count += round.value;
      else hindrance ??= round;
    }
    return hindrance ?? done(count);
  };
}

/** What `gt` shows, it writes down as delivered: to count is all that changes nothing. */
async function foresee({ gt, say }: Work, address: string): Promise<Round> {
  const unread = await unreadOf(gt, address);
  if (unread.kind !== 'done' || unread.value === 0) return unread;
  say(`${counted(unread.value, 'unread message')} of ${address} in the town: what is new of it would be sent`);
  return unread;
}

export async function unreadOf(gt: Gt, address: string): Promise<Round> {
  const ran = await gt(['mail', 'check', `--identity=${address}`, '--json']);
  if (ran.kind !== 'done') return { kind: 'away', problem: ran.problem };
  const { unread } = fields(jsonIn(ran.stdout));
  if (typeof unread !== 'number') return { kind: 'away', problem: `gt mail check says no JSON of ${address}` };
  return done(unread);
}

/** Of one mailbox: another one does not wait for it. */
async function bringOut(work: Work, address: string, sent: Applied): Promise<Round> {
  const ran = await work.gt(['mail', 'inbox', `--identity=${address}`, '--unread', '--json']);
  if (ran.kind !== 'done') return { kind: 'away', problem: ran.problem };
  const mails = jsonIn(ran.stdout);
  if (!Array.isArray(mails)) return { kind: 'away', problem: `gt mail inbox says no JSON of ${address}` };
  let count = 0;
  for (const mail of mails.map(fields).toReversed()) {
    const key = `${text(mail.id)} ${address}`;
    sent.keep(key);
    if (text(mail.id) === '' || isOurs(mail) || sent.of(key).state === 'done') continue;
    const posted = await postMail(work, outgoing(mail, address, work));
    if (posted.kind !== 'done') return posted;
    sent.done(key);
    count += 1;
  }
  return done(count);
}

/** What the bridge brought to the town does not go back. */
function isOurs({ from, body }: Fields): boolean {
  const last = text(body).trimEnd().split('\n').at(-1) ?? '';
  return text(from).startsWith('relay/') && /^\[relay [\w.-]+\]$/.test(last.trim());
}

export interface Outgoing {
  /** What it is repeated by. */
  readonly key: string;
  readonly to: string;
  readonly from: string;
  readonly subject: string;
  readonly body: string;
  /** The town's own id of it. */
  readonly mark: string;
  readonly priority: string;
  readonly type: string;
  readonly thread: string | null;
  /** What else it says of itself, in a line. */
  readonly frame: readonly string[];
}

function outgoing(mail: Fields, address: string, { town }: Work): Outgoing {
  const [id, from, subject, body, priority, type, thread, to, replyTo] = FIELDS.map((name) => text(mail[name]));
  const cc = list(mail.cc).map(text);
  return {
    key: `mail ${id} ${address}`,
    // A person is the same one in all towns; an agent is one of this town.
    to: address === 'overseer' ? address : town.prefix + address,
    from: from ?? '',
    subject: subject ?? '',
    body: body ?? '',
    mark: id ?? '',
    priority: priority ?? '',
    type: type ?? '',
    thread: thread === '' ? null : (thread ?? null),
    frame: frameOf({ to: cc.length > 0 ? (to ?? '') : '', cc, thread: '', replyTo: replyTo ?? '' }),
  };
}

const FIELDS = ['id', 'from', 'subject', 'body', 'priority', 'type', 'thread_id', 'to', 'reply_to'] as const;
const PRIORITIES: readonly string[] = ['urgent', 'high', 'normal', 'low'];
const TYPES: readonly string[] = ['task', 'escalation', 'scavenge', 'notification', 'reply'];
/** The relay's limits. */
const MOST_SUBJECT = 500;
const MOST_BODY = 32_768;

/** One that the relay will never take is told and left behind, so that it does not stand before the others. */
export async function postMail(work: Work, mail: Outgoing): Promise<Round> {
  const { ingest, io, town, say, isDry } = work;
  const subject = plain(mail.subject).trim().slice(0, MOST_SUBJECT).toWellFormed() || '(no subject)';
  if (isDry) {
    say(`would send to ${mail.to}: ${subject}`);
    return done(1);
  }
  const mark = `[town ${town.name} ${mail.mark}]`;
  const body = {
    to: mail.to,
    from: senderOf(town, mail.from),
    subject,
    body: fitted(mail.body.toWellFormed(), `\n\n${[...mail.frame.map(plain), mark].join('\n')}`),
    priority: PRIORITIES.includes(mail.priority) ? mail.priority : 'normal',
    type: TYPES.includes(mail.type) ? mail.type : 'notification',
    ...(mail.thread !== null && /^[\w.-]{1,200}$/.test(mail.thread) ? { thread_id: mail.thread } : {}),
  };
  const key = createHash('sha256').update(`${town.name}\n${mail.key}`).digest('hex');
  const headers = { 'idempotency-key': key };
  const answer = await attempt(ingest, { method: 'POST', path: 'v1/mail', body, headers }, io);
  const isRefused = answer.kind === 'failed' && [400, 413, 422].includes(answer.status ?? 0);
  if (answer.kind !== 'done' && !isRefused) return answer;
  say(isRefused ? `the relay does not take ${mail.mark}: ${plain(answer.problem)}` : `sent to ${mail.to}: ${subject}`);
  return done(1);
}

/** Of which town it is, so that an answer finds its way; nothing that a list with commas would part. */
function senderOf({ prefix }: Town, from: string): string {
  return prefix + (from.replaceAll(/[^\w.@/-]+/g, '-').slice(0, 100) || 'unknown');
}

/** In as many bytes of JSON as the relay takes, with how much is missing. */
function fitted(body: string, end: string): string {
  const size = (text: string) => Buffer.byteLength(JSON.stringify(text));
  if (size(body + end) <= MOST_BODY) return body + end;
  const note = (kept: number) => `\n\n[${body.length - kept} of ${body.length} characters are in the town only]${end}`;
  let [low, high] = [0, Math.min(body.length, MOST_BODY)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (size(body.slice(0, middle).toWellFormed() + note(middle)) <= MOST_BODY) low = middle;
    else high = middle - 1;
  }
  return body.slice(0, low).toWellFormed() + note(low);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

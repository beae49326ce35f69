// Mail of the relay for the town's agents: leased, applied with `gt`, written down, acknowledged, in this order. At least once; as
// `gt` itself would send a message twice, one whose end nobody saw is looked for in the town's mailbox before it is sent again.

import { join } from 'node:path';

import { fields, list } from '../../field.ts';
import { done } from '../command.ts';
import { attempt } from '../relay.ts';
import { plain } from '../text.ts';
import { type Applied, openApplied } from './applied.ts';
import { jsonIn, type Ran } from './gt.ts';
import { bodyOf, isMarked, type Letter, letterIn, markOf, sendWords } from './letter.ts';
import { type Wake, waker } from './nudge.ts';
import { withoutOwnReaders } from './own-readers.ts';
import type { Part, Round, Work } from './work.ts';

const LEASE = { limit: 10, lease_s: 300 };
/** The relay takes so many mailboxes in one lease. */
const MOST_MAILBOXES = 100;
/** So often it is sent without anybody having seen how that ended; then only its mailbox, or a person, can say that it is there. */
const MOST_UNSEEN = 2;

/** What `gt` and beads say before they do anything; after any other error the message may be there all the same, as when `gt` ends a
 * `bd` that takes longer than a minute (runBdCommand of internal/mail). */
const NOTHING_DONE: readonly RegExp[] = [
  /unknown recipient/,
  /unknown flag|accepts .* arg|required flag|looks like a flag/,
  /not in a Gas Town workspace/,
  /another process holds the exclusive lock/,
];

/** What is in the way of one letter, or of all of them. */
interface Hindrance {
  readonly of: 'letter' | 'town';
  readonly problem: string;
}

/** `addresses` are those of the town, as it calls them itself. */
export function mailIn(work: Work, addresses: () => readonly string[]): Part {
  const { town, folder, disk, io } = work;
  const wake = waker(work);
  const choose = withoutOwnReaders(work);
  let applied: Applied | null = null;
  return async () => {
    const chosen = await choose(addresses());
    // Both spellings: a team may have a second town of the same agents.
    const mailboxes = chosen.flatMap((address) => [...new Set([town.prefix + address, address])]);
    let brought = 0;
    for (let at = 0; at < mailboxes.length; at += MOST_MAILBOXES) {
      const asked = mailboxes.slice(at, at + MOST_MAILBOXES);
      if (work.isDry) {
        const seen = await foresee(work, asked);
        if (seen.kind !== 'done') return seen;
        brought += seen.value;
        continue;
      }
      applied ??= openApplied(join(folder, 'applied.jsonl'), disk, io.now);
      const round = await leaseAndApply(work, asked, { applied, wake });
      if (round.kind !== 'done') return round;
      brought += round.value;
    }
    return done(brought);
  };
}

/** What outlives a round. */
interface Kept {
  readonly applied: Applied;
  readonly wake: Wake;
}

async function leaseAndApply(work: Work, addresses: readonly string[], kept: Kept): Promise<Round> {
  const { ingest, io } = work;
  let brought = 0;
  for (;;) {
    const request = { method: 'POST', path: 'v1/mail/lease', body: { addresses, ...LEASE } } as const;
    const leased = await attempt(ingest, request, io);
    if (leased.kind !== 'done') return leased;
    const given = list(fields(leased.value.json).mails);
    const settled: Letter[] = [];
    let hindrance: Hindrance | null = null;
    for (const letter of given.flatMap((mail) => letterIn(mail) ?? [])) {
      const met = await bring(work, letter, kept);
      if (met === null) settled.push(letter);
      hindrance ??= met;
      if (met?.of === 'town') break;
    }
    const acknowledged = await acknowledge(work, settled);
    if (acknowledged !== null) return acknowledged;
    brought += settled.length;
    if (hindrance !== null) return { kind: 'away', problem: hindrance.problem };
    if (given.length < LEASE.limit) return done(brought);
  }
}

/** Null where it is in the town at every address that it is for. */
async function bring(work: Work, letter: Letter, kept: Kept): Promise<Hindrance | null> {
  let hindrance: Hindrance | null = null;
  for (const to of new Set(letter.addresses.map((address) => localOf(address, work)))) {
    hindrance ??= await bringTo(work, letter, to, kept);
  }
  return hindrance;
}

async function bringTo(work: Work, letter: Letter, to: string, { applied, wake }: Kept): Promise<Hindrance | null> {
  const { gt, say } = work;
  const key = `${letter.id} ${to}`;
  const { state, tries } = applied.of(key);
  if (state === 'done' || isFromHere(letter, work)) return null;
  if (state === 'unclear') {
    const seen = await look(work, letter, to);
    if (seen.kind === 'away') return { of: 'town', problem: `${letter.id} is not sent again: ${seen.problem}` };
    if (seen.kind === 'there') {
      applied.done(key);
      wake(letter, to);
      return null;
    }
    if (tries >= MOST_UNSEEN) return { of: 'letter', problem: unknown(letter, to, seen.kind) };
  }
  applied.trying(key);
  const sent = await gt(sendWords(letter, to), bodyOf(letter));
  if (sent.kind !== 'done') {
    if (isNothingDone(sent)) applied.failed(key);
    const of = sent.kind === 'refused' ? 'letter' : 'town';
    return { of, problem: `${letter.id} is not in the town yet: ${sent.problem}` };
  }
  applied.done(key);
  say(`brought ${letter.id} to ${to}: ${plain(letter.subject)}`);
  wake(letter, to);
  return null;
}

/** What `mail-out` took out of this town, for one that is no longer of `--out`, is in the town already. */
function isFromHere({ from, body }: Letter, { town }: Work): boolean {
  const last = body.trimEnd().split('\n').at(-1) ?? '';
  return town.prefix !== '' && from.startsWith(town.prefix) && last.startsWith(`[town ${town.name} `);
}

function isNothingDone(ran: Exclude<Ran, { kind: 'done' }>): boolean {
  return ran.kind === 'missing' || (ran.kind === 'refused' && NOTHING_DONE.some((said) => said.test(ran.problem)));
}

/** `blind` where `gt` shows the mailbox as no JSON. */
type Seen = { readonly kind: 'there' | 'gone' | 'blind' } | { readonly kind: 'away'; readonly problem: string };

/** In its mailbox, as its own agents read it. */
async function look({ gt }: Work, letter: Letter, to: string): Promise<Seen> {
  const ran = await gt(['mail', 'inbox', `--identity=${to}`, '--json']);
  // A town that does not answer takes no mail either: no try is spent on it.
  if (ran.kind !== 'done') return { kind: 'away', problem: ran.problem };
  const mails = jsonIn(ran.stdout);
  if (!Array.isArray(mails)) return { kind: 'blind' };
  const mark = markOf(letter.id);
  const isThere = mails.map(fields).some(({ body }) => typeof body === 'string' && isMarked(body, mark));
  return { kind: isThere ? 'there' : 'gone' };
}

function unknown({ id }: Letter, to: string, seen: 'gone' | 'blind'): string {
  const why = seen === 'gone' ? 'it is not in its mailbox, or no longer' : 'gt does not show its mailbox';
  return `whether ${id} reached ${to} cannot be seen: it was sent twice, and ${why}`;
}

async function acknowledge(
  { ingest, io }: Work,
  letters: readonly Letter[],
): Promise<Exclude<Round, { kind: 'done' }> | null> {
  const mailboxes = new Set(letters.flatMap(({ addresses }) => addresses));
  for (const address of mailboxes) {
    const ids = letters.filter(({ addresses }) => addresses.includes(address)).map(({ id }) => id);
    const acked = await attempt(ingest, { method: 'POST', path: 'v1/mail/ack', body: { address, ids } }, io);
    if (acked.kind !== 'done') return acked;
  }
  return null;
}

async function foresee(work: Work, mailboxes: readonly string[]): Promise<Round> {
  const { ingest, io, say } = work;
  const seen = new Set<string>();
  for (const address of mailboxes) {
    const query = { address, unread: 'true', limit: '100' };
    const answer = await attempt(ingest, { path: 'v1/mail', query }, io);
    if (answer.kind !== 'done') return answer;
    // One that somebody has taken is unread until it is marked otherwise.
    const waiting = list(fields(answer.value.json).mails).filter((mail) => fields(mail).state !== 'acknowledged');
    for (const letter of waiting.flatMap((mail) => letterIn(mail) ?? [])) {
      const to = localOf(address, work);
      if (seen.has(`${letter.id} ${to}`)) continue;
      seen.add(`${letter.id} ${to}`);
      say(`would bring ${letter.id}: gt ${sendWords(letter, to).map(quoted).join(' ')}`);
    }
  }
  return done(seen.size);
}

/** For a person to read, and for a shell to be given. */
function quoted(word: string): string {
  return /^[\w./=@:-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function localOf(address: string, { town }: Pick<Work, 'town'>): string {
  return address.startsWith(town.prefix) ? address.slice(town.prefix.length) : address;
}

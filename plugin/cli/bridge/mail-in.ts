// Mail of the relay for the town's agents: leased, applied with `gt`, written down, acknowledged, in this order. At least once; as
// `gt` itself would send a message twice, one whose end nobody saw is looked for in the town's mailbox before it is sent again.

import { join } from 'node:path';

import { fields, list } from '../../field.ts';
import { done } from '../command.ts';
import { attempt } from '../relay.ts';
import { plain } from '../text.ts';
import { type Applied, openApplied } from './applied.ts';
import { jsonIn } from './gt.ts';
import { bodyOf, isMarked, type Letter, letterIn, markOf, sendWords, senderOf } from './letter.ts';
import type { Part, Round, Work } from './work.ts';

const LEASE = { limit: 10, lease_s: 300 };
/** The relay takes so many mailboxes in one lease. */
const MOST_MAILBOXES = 100;
/** So often it is sent without anybody having seen how that ended; then only its mailbox can say. */
const MOST_UNSEEN = 2;

/** What is in the way of one letter, or of all of them. */
interface Hindrance {
  readonly of: 'letter' | 'town';
  readonly problem: string;
}

/** `addresses` are those of the town, as it calls them itself. */
export function mailIn(work: Work, addresses: () => readonly string[]): Part {
  const { town, folder, disk, io } = work;
  let applied: Applied | null = null;
  return async () => {
    // Both spellings: a team may have a second town of the same agents.
    const mailboxes = addresses().flatMap((address) => [...new Set([town.prefix + address, address])]);
    let brought = 0;
    for (let at = 0; at < mailboxes.length; at += MOST_MAILBOXES) {
      const asked = mailboxes.slice(at, at + MOST_MAILBOXES);
      if (work.isDry) {
        const seen = await look(work, asked);
        if (seen.kind !== 'done') return seen;
        brought += seen.value;
        continue;
      }
      applied ??= openApplied(join(folder, 'applied.jsonl'), disk, io.now);
      const round = await leaseAndApply(work, asked, applied);
      if (round.kind !== 'done') return round;
      brought += round.value;
    }
    return done(brought);
  };
}

async function leaseAndApply(work: Work, addresses: readonly string[], applied: Applied): Promise<Round> {
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
      const met = await bring(work, letter, applied);
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
async function bring(work: Work, letter: Letter, applied: Applied): Promise<Hindrance | null> {
  let hindrance: Hindrance | null = null;
  for (const to of new Set(letter.addresses.map((address) => localOf(address, work)))) {
    hindrance ??= await bringTo(work, letter, to, applied);
  }
  return hindrance;
}

async function bringTo(work: Work, letter: Letter, to: string, applied: Applied): Promise<Hindrance | null> {
  const { gt, say } = work;
  const key = `${letter.id} ${to}`;
  const { state, tries } = applied.of(key);
  if (state === 'done') return null;
  if (state === 'unclear') {
    const found = await isThere(work, letter, to);
    if (found === true) {
      applied.done(key);
      return null;
    }
    if (found === null && tries >= MOST_UNSEEN) {
      return {
        of: 'letter',
        problem: `whether ${letter.id} reached ${to} cannot be seen: gt does not show its mailbox`,
      };
    }
  }
  applied.trying(key);
  const sent = await gt(sendWords(letter, to), bodyOf(letter));
  if (sent.kind !== 'done') {
    // One that ended and said no has sent nothing.
    if (sent.kind !== 'unclear') applied.failed(key);
    const of = sent.kind === 'refused' ? 'letter' : 'town';
    return { of, problem: `${letter.id} is not in the town yet: ${sent.problem}` };
  }
  applied.done(key);
  say(`brought ${letter.id} to ${to}: ${plain(letter.subject)}`);
  await nudge(work, letter, to);
  return null;
}

/** Null where the mailbox cannot be read. Its own agents read by the same command. */
async function isThere({ gt }: Work, letter: Letter, to: string): Promise<boolean | null> {
  const ran = await gt(['mail', 'inbox', `--identity=${to}`, '--json']);
  const mails = ran.kind === 'done' ? jsonIn(ran.stdout) : undefined;
  if (!Array.isArray(mails)) return null;
  return mails.some((mail) => {
    const { body } = fields(mail);
    return typeof body === 'string' && isMarked(body, markOf(letter.id));
  });
}

/** A daemon has no tmux, so that `gt` would wake nobody by itself. Who is not running reads the mail when it starts. */
async function nudge({ gt, say }: Work, { from, priority }: Letter, to: string): Promise<void> {
  if (to === 'overseer') return;
  const words = ['nudge', to, '--mode=queue', `--priority=${priority === 'urgent' ? 'urgent' : 'normal'}`, '--stdin'];
  const nudged = await gt(words, `You have mail from ${senderOf(from)}: read it with gt mail inbox.`);
  if (nudged.kind !== 'done') say(`${to} was not nudged: ${plain(nudged.problem)}`);
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

async function look(work: Work, mailboxes: readonly string[]): Promise<Round> {
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

// `gasline backfill`: a machine's OpenCode history goes to the relay. What the relay heard live stands; what it has already is
// not counted twice; a run that ends early is gone on with by the next one.

import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { readSettings } from '../configure.ts';
import { name } from '../field.ts';
import { draftsOf, type Drafting } from './backfill/drafts.ts';
import { openOutbox, type Draft, type Effects } from './backfill/outbox.ts';
import { identityOf, openProgress, type ProgressFile } from './backfill/progress.ts';
import { openReport, type Report } from './backfill/report.ts';
import { blame, noTally, summary, type Tally } from './backfill/tally.ts';
import { command, done, DONE, failed, misused, type Io, type Outcome } from './command.ts';
import { connect, SENDING, type Connection } from './connection.ts';
import { grouped, nanoOf } from './figure.ts';
import { openHistory, type Cursor, type History } from './history/history.ts';
import { findHistory, type Place } from './history/place.ts';
import type { Reading } from './history/record.ts';
import { openWhose } from './history/whose.ts';

/** What the terminal and the clock do for it. */
export interface Person {
  readonly isTerminal: boolean;
  /** Null where there is nobody to ask. */
  readonly agree: ((question: string) => Promise<boolean>) | null;
  readonly sleep: (ms: number) => Promise<void>;
}

const OPTIONS = {
  since: {
    type: 'string',
    value: 'date',
    about: 'only what was begun on this day (UTC) or later; default: everything',
  },
  'dry-run': { type: 'boolean', about: 'reads and counts, and sends nothing' },
  db: { type: 'string', value: 'file', about: "another database than OpenCode's own" },
  yes: { type: 'boolean', short: 'y', about: 'does not ask before it sends' },
  ...SENDING,
} as const;

export function backfillFor(person: (io: Io) => Person) {
  return command({
    summary: "Sends this machine's OpenCode history to the relay",
    notes: [
      'Ids, times, models, tokens and costs are sent; no prompt, answer, title or path. The database is only read.',
      'It can be interrupted and run again at any time: it goes on where it was, and nothing is counted twice.',
    ],
    options: OPTIONS,
    async run(values, io) {
      const since = parseSince(values.since, io.now());
      if (since === null) return misused(`--since must be a date such as 2026-11-01, got ${values.since}`);
      const place = findHistory(values.db, io.env);
      if (place.kind !== 'done') return place;
      const isDry = values['dry-run'] === true;
      const connection = isDry ? null : connect(values, io, 'ingest');
      if (connection !== null && connection.kind !== 'done') return connection;
      const history = await openHistory(place.value, since);
      if (history.kind !== 'done') return history;
      const run = { history: history.value, place: place.value, since, io, person: person(io) };
      try {
        if (connection === null) return rehearse(run);
        const isAgreed = values.yes === true ? done(true) : await ask(run, connection.value);
        if (isAgreed.kind !== 'done') return isAgreed;
        return isAgreed.value ? await send(run, connection.value) : failed('nothing was sent');
      } finally {
        history.value.close();
      }
    },
  });
}

interface Run {
  readonly history: History;
  readonly place: Place;
  readonly since: number;
  readonly io: Io;
  readonly person: Person;
}

function parseSince(given: string | undefined, now: number): number | null {
  if (given === undefined) return 0;
  const at = /^\d{4}-\d\d-\d\d(T.*)?$/.test(given) ? Date.parse(given) : Number.NaN;
  return Number.isFinite(at) && at <= now ? at : null;
}

async function ask({ history, person }: Run, { url }: Connection): Promise<Outcome<boolean>> {
  if (person.agree === null) return misused('there is nobody to ask: give --yes');
  const question = `Read ${grouped(history.total)} rows of OpenCode's history and send their costs to ${url.host}? [y/N] `;
  return done(await person.agree(question));
}

function reportFor({ history, io, person }: Run): Report {
  return openReport(history.total, { write: io.stderr, isTerminal: person.isTerminal, now: io.now });
}

function rehearse(run: Run): Outcome {
  const { history, io, place } = run;
  const report = reportFor(run);
  const tally = startTally(history);
  for (const page of history.pages(null, io.now())) {
    for (const record of page.records) {
      countKept(tally, record);
      if (record.kind !== 'message') continue;
      tally.sent += 1;
      tally.costNano += nanoOf(record.report.cost_usd) ?? 0n;
    }
    tally.rows += page.rows;
    report.at(tally.rows);
  }
  report.end();
  io.stdout(summary(tally, true, place.others));
  return DONE;
}

async function send(run: Run, connection: Connection): Promise<Outcome> {
  const { history, place, since, io, person } = run;
  const file = openProgress(place, connection, io.env);
  const before = file.load(since);
  const tally = before?.tally ?? startTally(history);
  const report = reportFor(run);
  if (before !== null) report.say(`going on after the ${grouped(tally.rows)} rows of the run that was interrupted`);
  const effects: Effects = {
    fetch: io.fetch,
    now: io.now,
    sleep: person.sleep,
    random: Math.random,
    waiting: (ms, why) => report.say(`${why}; trying again in ${Math.ceil(ms / 1_000)} s`),
  };
  const outbox = openOutbox(connection, effects);
  const drafting = draftingFor(run);
  for (const page of history.pages(before?.cursor ?? null, io.now())) {
    const drafts = draftsOf(page.records, drafting);
    tally.rows += page.rows;
    const delivery = await outbox.send(drafts, Math.max(0, history.total - tally.rows));
    if (delivery.kind === 'stopped') {
      report.end();
      return failed(`${delivery.problem}; what was sent is kept, and running this again goes on from there`);
    }
    for (const record of page.records) countKept(tally, record);
    countSent(tally, drafts, delivery.sent.known, delivery.sent.rejected);
    remember(file, since, page.cursor, tally, report);
    report.at(tally.rows);
  }
  file.remove();
  report.end();
  io.stdout(summary(tally, false, place.others));
  return DONE;
}

function draftingFor({ history, place, io }: Run): Drafting {
  const member = name(io.env.GASLINE_MEMBER) ?? name(readSettings(io.env).settings.member);
  const id = `backfill_${identityOf(place)}_${randomBytes(6).toString('hex')}`;
  return { whose: openWhose(id, member, io.env), find: history.session, described: new Set() };
}

/** A disk that takes no note costs a later run its start, never this one. */
function remember(file: ProgressFile, since: number, cursor: Cursor, tally: Tally, report: Report): void {
  try {
    file.save({ since, cursor, tally });
  } catch (error) {
    report.say(`how far this came cannot be written down: ${String(error)}`);
  }
}

function startTally(history: History): Tally {
  const tally = noTally();
  if (history.nameless > 0) blame(tally, 'it has no id', history.nameless);
  return tally;
}

function countKept(tally: Tally, record: Reading): void {
  if (record.kind === 'copy') tally.copies += 1;
  if (record.kind === 'malformed') blame(tally, record.reason);
}

function countSent(
  tally: Tally,
  drafts: readonly Draft[],
  known: number,
  rejected: readonly { readonly draft: Draft; readonly reason: string }[],
): void {
  const refused = new Set(rejected.map(({ draft }) => draft));
  for (const { reason } of rejected) blame(tally, reason);
  let messages = 0;
  for (const draft of drafts) {
    if (draft.event.type !== 'message.updated' || refused.has(draft)) continue;
    messages += 1;
    tally.costNano += nanoOf(draft.event.data.cost_usd) ?? 0n;
  }
  // Of what was known some are descriptions of sessions.
  const already = Math.min(messages, known);
  tally.known += already;
  tally.sent += messages - already;
}

export const backfill = backfillFor(() => ({
  isTerminal: process.stderr.isTTY,
  agree: process.stdin.isTTY && process.stderr.isTTY ? askOnTerminal : null,
  sleep: (ms) => sleep(ms),
}));

async function askOnTerminal(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}

// What a team does not keep for ever goes, once a day and a slice at a time: attempts, sources that are long gone, old mail, and the old end
// of the log, which is in the archive before it leaves. A crash at any point leaves a state that the next run goes on from:
// a part that is planned is written again under its name, a part that is stored has the rest of its rows deleted.
import { keyOf, writePart, type Bucket } from './archive.ts';
import type { Chore } from './chore.ts';
import type { Notices } from './notices.ts';
import type { Database } from './store/database.ts';
import { GRACE_MS, listHolds, planPart } from './store/holds.ts';
import { readLog } from './store/log.ts';
import { dropEscalations } from './store/escalations.ts';
import { expireMail } from './store/mail-expiry.ts';
import { dropKeys } from './store/mail-key.ts';
import { dropQuotas } from './store/mail-quota.ts';
import { dropReaders } from './store/mail-reader.ts';
import { dropRows, markStored, unfinishedPart, type Part } from './store/parts.ts';
import { RETENTION } from './store/retention-state.ts';
import { dropSaid } from './store/said.ts';
import { dropAttempts, dropSources, due, oldestReceived, putOff, readRetention } from './store/retention.ts';

export interface Keeper {
  readonly db: Database;
  readonly team: () => string;
  readonly bucket: () => Bucket | null;
  readonly now: () => number;
  readonly notices: Pick<Notices, 'changed'>;
}

const DAY_MS = 24 * 3_600_000;
/** A spool keeps what carries a cost for five weeks: who has said nothing for longer than this has nothing left to say. */
const SOURCE_DAYS = 90;
/** No budget, digest or anomaly looks as far back as this. */
const SAID_DAYS = 400;
/** Few enough that a turn is short, however large they are. */
const ROWS_A_TURN = 200;
const EVENTS_A_TURN = 500;

/** One slice of something; false when that was the last. */
type Step = () => boolean | Promise<boolean>;

export function retention(keeper: Keeper): Chore {
  const { db, now } = keeper;
  let sweep: { readonly from: number; readonly steps: Step[] } | null = null;
  return {
    name: RETENTION,
    due: () => due(db),
    async run() {
      sweep ??= { from: due(db), steps: stepsOf(keeper) };
      const [step] = sweep.steps;
      if (step !== undefined && (await step())) return;
      sweep.steps.shift();
      if (sweep.steps.length > 0) return;
      putOff(db, sweep.from, nextSweep(db, now()));
      sweep = null;
    },
  };
}

/** Tomorrow, or when the grace of an endpoint is over. */
function nextSweep(db: Database, now: number): number {
  return Math.min(now + DAY_MS, ...listHolds(db).map(({ since }) => since + GRACE_MS));
}

function stepsOf(keeper: Keeper): Step[] {
  const { db, now, notices } = keeper;
  let attempt: ReturnType<typeof dropAttempts> = null;
  let source: ReturnType<typeof dropSources> = '';
  return [
    () => {
      attempt = dropAttempts(db, now() - readRetention(db).attemptDays * DAY_MS, attempt);
      return attempt !== null;
    },
    () => {
      source = dropSources(db, Math.min(now() - SOURCE_DAYS * DAY_MS, oldestReceived(db)), source ?? '');
      return source !== null;
    },
    () => {
      dropSaid(db, now() - SAID_DAYS * DAY_MS);
      return false;
    },
    () => {
      dropKeys(db, now());
      dropReaders(db, now());
      dropQuotas(db, now());
      dropEscalations(db, now());
      return false;
    },
    () => {
      const hasMore = expireMail(db, now() - readRetention(db).mailDays * DAY_MS, now());
      notices.changed();
      return hasMore;
    },
    () => shortenLog(keeper),
  ];
}

async function shortenLog(keeper: Keeper): Promise<boolean> {
  const { db, now } = keeper;
  const part = unfinishedPart(db);
  if (part !== null) {
    if (part.stored === null) await store(keeper, part);
    else dropRows(db, part.last, ROWS_A_TURN);
    return true;
  }
  const { logDays } = readRetention(db);
  return logDays !== null && planPart(db, now() - logDays * DAY_MS, now());
}

async function store(keeper: Keeper, part: Part): Promise<void> {
  const { db, team, bucket, now } = keeper;
  const open = bucket();
  if (open === null) throw new Error('the relay has no archive any more: bind the R2 bucket as ARCHIVE again');
  const stored = await writePart(open, keyOf(team(), part), linesOf(db, team(), part));
  markStored(db, part.first, { ...stored, at: now() });
}

async function* linesOf(db: Database, team: string, { first, last }: Part): AsyncGenerator<string> {
  for (let after = first - 1; after < last;) {
    const limit = Math.min(EVENTS_A_TURN, last - after);
    const { events, upTo } = readLog(db, team, { after, limit, matches: () => true });
    if (upTo === after) throw new Error(`the log has no event after ${after}, which was to be archived`);
    yield events.map((event) => `${JSON.stringify(event)}\n`).join('');
    after = upTo;
    await scheduler.wait(0);
  }
}

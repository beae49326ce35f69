// The durable side of a drain: which events an endpoint should have now, and what became of those it was sent.
import type { Attempt } from '../delivery/outcome.ts';
import type { Plan } from '../delivery/send.ts';
import { wantedBy } from '../delivery/wanted.ts';
import type { PublicEvent } from '../event/event.ts';
import { insertAttempts } from './attempts.ts';
import { waitingOf } from './backlog.ts';
import type { Database } from './database.ts';
import { readEndpoint, type Endpoint, type PushEndpoint } from './endpoints.ts';
import { countExhausted } from './exhausted.ts';
import { groupPage, hold, releaseGroups } from './grouping.ts';
import { recordHealth } from './health.ts';
import { head, readEvents, readLog } from './log.ts';
import { allowance, keepPace, type Samples } from './pace.ts';
import { recordProgress } from './progress.ts';
import { nextReplays } from './replay.ts';
import { settle, type Turn } from './settle.ts';

/** Few enough that a crash repeats little, many enough that the transactions do not count. */
const WINDOW = 350;
/** The part of a window that due retries and replays may take: new events go first. */
const RETRIES_A_WINDOW = 50;
/** With this many events waiting for a retry, or so many full batches, the cursor stands until they are through. */
const MAX_WAITING = 100;
const MAX_BATCHES_WAITING = 10;

export interface Window {
  readonly endpoint: PushEndpoint;
  readonly events: readonly PublicEvent[];
  /** Where the cursor goes once all of the window's new events were tried. */
  readonly upTo: number;
  readonly plan: Plan;
  /** When it was taken. */
  readonly at: number;
  /** New events that are not sent for now, in a group with one that is or was. */
  readonly held: readonly PublicEvent[];
  /** Of events that were held back: for how many others each stands. */
  readonly folded: ReadonlyMap<number, number>;
}

export interface Clock {
  readonly now: () => number;
  readonly random: () => number;
}

/** A clock, and what the endpoints' breakers have seen. */
export type PacedClock = Clock & { readonly samples: Samples };

/** The next window of an endpoint; null when there is nothing to send at present. */
export function takeWindow(db: Database, team: string, id: string, now: number): Window | 'again' | null {
  const endpoint = readEndpoint(db, id);
  if (endpoint === null || endpoint.kind === 'pull') return null;
  if (endpoint.state === 'disabled' || endpoint.notBefore > now) return null;
  const requests = Math.min(endpoint.ordered ? 1 : Number.POSITIVE_INFINITY, allowance(db, endpoint, now));
  if (requests === 0) return null;
  const size = endpoint.settings.batch ?? 1;
  const grouped = endpoint.settings.group_s !== undefined;
  if (grouped) releaseGroups(db, endpoint, now);
  const waiting = waitingOf(db, id);
  const standing = isStanding(endpoint, waiting);
  // Where few requests are left, retries have half of them, and the only one: a probe costs no new event a try.
  const beside = Math.max(RETRIES_A_WINDOW, size);
  const due = waiting === 0 ? [] : dueRetries(db, endpoint, now, Math.min(beside, Math.ceil(requests / 2) * size));
  const positions = due.map(({ seq }) => seq);
  const retries = readEvents(db, team, positions);
  const free = requests - Math.ceil(retries.length / size);
  const limit = Math.min(WINDOW - RETRIES_A_WINDOW, free * size);
  const page = standing
    ? { events: [], upTo: endpoint.cursor }
    : readLog(db, team, { after: endpoint.cursor, limit: grouped ? WINDOW : limit, matches: wantedBy(endpoint) });
  const { leading, held, upTo } = groupPage(db, endpoint, page, { now, most: limit });
  const room = Math.min(beside - retries.length, (free - Math.ceil(leading.length / size)) * size);
  const replays = standing || room <= 0 ? [] : readEvents(db, team, nextReplays(db, id, room));
  const events = [...leading, ...retries, ...replays];
  const folded = new Map(due.map(({ seq, folded }) => [seq, folded]));
  const plan = { limit: requests, breaks: [...breaksOf(due), ...replays.slice(0, 1).map(({ seq }) => seq)] };
  if (events.length > 0) return { endpoint, events, upTo, held, folded, plan, at: now };
  if (upTo === endpoint.cursor) return null;
  // Nothing here that it wants now: the cursor passes, and the search goes on.
  db.transaction(() => {
    db.sql.exec(/* sql */ `UPDATE endpoint SET cursor = ? WHERE id = ?`, upTo, id);
    hold(db, endpoint, { leading, held }, now);
  });
  return 'again';
}

/** What failed together is due together. */
function breaksOf(retries: readonly DueRow[]): number[] {
  return retries.filter(({ due }, index) => due !== retries[index - 1]?.due).map(({ seq }) => seq);
}

/** Whether so many of its events have failed, or the one that an ordered endpoint waits for, that its cursor stands. */
export function isStanding({ ordered, settings }: Endpoint, waiting: number): boolean {
  return waiting >= (ordered ? 1 : Math.max(MAX_WAITING, MAX_BATCHES_WAITING * (settings.batch ?? 1)));
}

/** Records a window's attempts, the retries they lead to and the cursor, in one transaction. */
export function recordWindow(db: Database, window: Window, attempts: readonly Attempt[], clock: PacedClock): void {
  const { id, cursor } = window.endpoint;
  const now = clock.now();
  db.transaction(() => {
    const endpoint = readEndpoint(db, id);
    if (endpoint === null) return;
    const isElsewhere = endpoint.url !== window.endpoint.url;
    if (!isElsewhere) {
      keepPace(db, endpoint, { attempts, at: window.at }, { samples: clock.samples, now, random: clock.random() });
    }
    // Replayed meanwhile: the cursor has a new owner, and brings what lies behind it once more.
    const isMoved = endpoint.cursor !== cursor;
    const turnOf = (seq: number): Turn => (seq <= endpoint.cursor ? 'earlier' : isMoved ? 'again' : 'new');
    let [request, chance] = [-1, 0];
    const rows = attempts.map((attempt) => {
      // What went together comes back together.
      if (attempt.request !== request) [request, chance] = [attempt.request, clock.random()];
      return settle(db, endpoint, attempt, turnOf(attempt.seq), { now, random: chance, isElsewhere });
    });
    insertAttempts(db, id, rows, endpoint.cursor);
    const next = isMoved ? endpoint.cursor : positionAfter(window, attempts.length);
    if (!isMoved) holdPassed(db, endpoint, window, { next, now });
    recordProgress(db, endpoint, next, attempts);
    countExhausted(db, id, { rows, events: window.events }, now);
    if (endpoint.reason !== null) {
      db.sql.exec(/* sql */ `UPDATE endpoint SET reason = NULL WHERE id = ? AND state = 'enabled'`, id);
    }
    if (!isElsewhere) recordHealth(db, { ...endpoint, cursor: next }, attempts, now);
  });
}

/** Before the first new event of a window that was not tried. */
function positionAfter({ endpoint, events, upTo }: Window, tried: number): number {
  const untried = events.slice(tried).find(({ seq }) => seq > endpoint.cursor);
  return untried === undefined ? upTo : untried.seq - 1;
}

function holdPassed(
  db: Database,
  endpoint: Endpoint,
  { events, held }: Window,
  { next, now }: { readonly next: number; readonly now: number },
): void {
  const isPassed = ({ seq }: PublicEvent) => seq > endpoint.cursor && seq <= next;
  hold(db, endpoint, { leading: events.filter(isPassed), held: held.filter(isPassed) }, now);
}

/** Of an ordered endpoint only the first that wait, which all others wait for. */
function dueRetries({ sql }: Database, { id, ordered }: Endpoint, now: number, most: number): DueRow[] {
  const rows = ordered
    ? sql.exec<DueRow>(/* sql */ `SELECT seq, due, folded FROM retry WHERE endpoint = ? ORDER BY seq LIMIT ?`, id, most)
    : sql.exec<DueRow>(
        /* sql */ `SELECT seq, due, folded FROM retry WHERE endpoint = ? AND due <= ? ORDER BY due, seq LIMIT ?`,
        id,
        now,
        most,
      );
  const found = rows.toArray();
  const notYet = found.findIndex(({ due }) => due > now);
  return found.slice(0, notYet === -1 ? found.length : notYet);
}

type DueRow = { seq: number; due: number; folded: number };

export interface Due {
  readonly id: string;
  readonly due: number;
}

/** When each enabled endpoint that is called has something to do: at once where its cursor or a replay may go on, else when a retry is due or an interval ends. */
export function dueTimes(db: Database): readonly Due[] {
  return db.sql
    .exec<{ id: string; due: number | null }>(
      /* sql */ `SELECT id,
                        max(not_before, resume, CASE WHEN (cursor < ?1 OR replays) AND waiting < stands
                                             THEN 0
                                             ELSE coalesce(min(due, held), due, held) END) AS due
                   FROM (SELECT endpoint.id, endpoint.not_before, endpoint.cursor,
                                coalesce(pace.resume, 0) AS resume,
                                CASE endpoint.ordered
                                     WHEN 0 THEN max(?2, ?3 * coalesce(endpoint.settings->>'batch', 1))
                                     ELSE 1
                                END AS stands,
                                count(retry.seq) AS waiting,
                                EXISTS (SELECT 1 FROM replay WHERE replay.endpoint = endpoint.id) AS replays,
                                (SELECT min(until) FROM grouping WHERE grouping.endpoint = endpoint.id AND seq IS NOT NULL) AS held,
                                CASE endpoint.ordered
                                     WHEN 0 THEN min(retry.due)
                                     ELSE (SELECT first.due FROM retry AS first WHERE first.endpoint = endpoint.id ORDER BY seq LIMIT 1)
                                END AS due
                           FROM endpoint
                           LEFT JOIN retry ON retry.endpoint = endpoint.id
                           LEFT JOIN pace ON pace.endpoint = endpoint.id
                          WHERE endpoint.state = 'enabled'
                            AND endpoint.kind <> 'pull'
                          GROUP BY endpoint.id)`,
      head(db),
      MAX_WAITING,
      MAX_BATCHES_WAITING,
    )
    .toArray()
    .flatMap(({ id, due }) => (due === null ? [] : { id, due }));
}

// How fast an endpoint may be sent to: the durable side of its breaker and its bucket. An endpoint without a limit whose receiver
// is well has no row here, and its deliveries write none.
import { CLOSED, judge, stateOf, type Breaker, type BreakerState, type Sample } from '../delivery/breaker.ts';
import { take, tokensAt, worthAt } from '../delivery/bucket.ts';
import type { Attempt } from '../delivery/outcome.ts';
import { limitOf } from '../delivery/settings.ts';
import type { Database } from './database.ts';
import type { Endpoint } from './endpoints.ts';

interface Pace {
  readonly breaker: Breaker;
  readonly nextToken: number;
}

/** By endpoint, in memory: after a restart a breaker that is closed has seen nothing yet. */
export type Samples = Map<string, Sample>;

const UNPACED: Pace = { breaker: CLOSED, nextToken: 0 };

type Row = { open_until: number | null; step: number; next_token: number };

function readPace({ sql }: Database, id: string): Pace {
  const [row] = sql.exec<Row>(/* sql */ `SELECT open_until, step, next_token FROM pace WHERE endpoint = ?`, id);
  if (row === undefined) return UNPACED;
  return { breaker: { openUntil: row.open_until, step: row.step }, nextToken: row.next_token };
}

/** How many requests it may be sent now. */
export function allowance(db: Database, { id, settings }: Endpoint, now: number): number {
  const { breaker, nextToken } = readPace(db, id);
  const limit = limitOf(settings);
  const tokens = limit === null ? Number.POSITIVE_INFINITY : tokensAt(nextToken, limit, now);
  return Math.min(tokens, BY_BREAKER[stateOf(breaker, now)]);
}

const BY_BREAKER: Readonly<Record<BreakerState, number>> = {
  closed: Number.POSITIVE_INFINITY,
  open: 0,
  'half-open': 1,
};

export interface Sent {
  readonly attempts: readonly Attempt[];
  /** When its window was taken. */
  readonly at: number;
}

/** What its requests cost an endpoint, and what they say of its receiver. */
export function keepPace(
  db: Database,
  { id, settings }: Endpoint,
  { attempts, at }: Sent,
  { samples, now, random }: { readonly samples: Samples; readonly now: number; readonly random: number },
): void {
  const pace = readPace(db, id);
  const requests = attempts.filter(({ request }, index) => request !== attempts[index - 1]?.request);
  const judged = judge(
    { breaker: pace.breaker, sample: samples.get(id) ?? [] },
    requests.map(({ outcome }) => outcome),
    { now, random },
  );
  samples.set(id, judged.sample);
  const limit = limitOf(settings);
  const nextToken = limit === null ? 0 : take(pace.nextToken, limit, { count: requests.length, at });
  if (judged.breaker === pace.breaker && nextToken === pace.nextToken) return;
  const worth = limit === null ? 0 : worthAt(nextToken, limit, now);
  writePace(db, id, { breaker: judged.breaker, nextToken }, Math.max(worth, judged.breaker.openUntil ?? 0));
}

function writePace({ sql }: Database, id: string, { breaker, nextToken }: Pace, resume: number): void {
  if (breaker.openUntil === null && nextToken === 0) {
    sql.exec(/* sql */ `DELETE FROM pace WHERE endpoint = ?`, id);
    return;
  }
  sql.exec(
    /* sql */ `INSERT OR REPLACE INTO pace (endpoint, open_until, step, next_token, resume) VALUES (?, ?, ?, ?, ?)`,
    id,
    breaker.openUntil,
    breaker.step,
    nextToken,
    resume,
  );
}

/** Its receiver is as good as new, and its bucket full. */
export function forgetPace({ sql }: Database, id: string): void {
  sql.exec(/* sql */ `DELETE FROM pace WHERE endpoint = ?`, id);
}

/** An open breaker becomes half-open: what an admin wants tried is tried at once. Null, which is closed, stays null. */
export function probePace({ sql }: Database, id: string): void {
  sql.exec(/* sql */ `UPDATE pace SET open_until = min(open_until, 0), resume = next_token WHERE endpoint = ?`, id);
}

/** A new rate begins with a full bucket. */
export function fillBucket({ sql }: Database, id: string): void {
  sql.exec(/* sql */ `UPDATE pace SET next_token = 0, resume = coalesce(open_until, 0) WHERE endpoint = ?`, id);
}

export interface BreakerView {
  readonly state: BreakerState;
  /** Null unless it is open. */
  readonly until: number | null;
}

export function breakerOf(db: Database, id: string, now: number): BreakerView {
  const { breaker } = readPace(db, id);
  const state = stateOf(breaker, now);
  return { state, until: state === 'open' ? breaker.openUntil : null };
}

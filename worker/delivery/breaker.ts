// A circuit breaker for each endpoint: while its receiver is down nothing is tried, so that no event uses up its tries and nobody
// asks a receiver a hundred times that it is down. Then one request probes it, and the first that succeeds closes it.
// Prior art: Convoy opens at 70 % of at least 10 requests in 5 minutes, for 30 s.
import { THROTTLES, type Outcome } from './outcome.ts';

export interface Breaker {
  /** Null while it is closed; once this has passed it is half-open. */
  readonly openUntil: number | null;
  /** Which of the waits comes next. */
  readonly step: number;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

/** What the last requests of a closed breaker came to, the newest last. It is held in memory alone: a delivery writes no row for it. */
export type Sample = readonly { readonly at: number; readonly failed: boolean }[];

export interface Judged {
  readonly breaker: Breaker;
  readonly sample: Sample;
}

export const CLOSED: Breaker = { openUntil: null, step: 0 };

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const LAST = 20;
const LEAST = 10;
const RATIO = 0.5;
const MEMORY_MS = 5 * MINUTE;
const LEAST_OPEN_MS = 5 * SECOND;
/** How long it stays open: the first where a receiver that throttles failed its probe, the second where too many failed. */
export const OPEN_MS: readonly number[] = [
  LEAST_OPEN_MS,
  ...[30, 60, 120, 240, 480, 600].map((seconds) => seconds * SECOND),
];
const TRIPPED = 1;
const JITTER = 0.2;

export function stateOf({ openUntil }: Breaker, now: number): BreakerState {
  if (openUntil === null) return 'closed';
  return openUntil > now ? 'open' : 'half-open';
}

/** What follows from the requests of a window, in their order. */
export function judge(
  { breaker, sample }: Judged,
  outcomes: readonly Outcome[],
  { now, random }: { readonly now: number; readonly random: number },
): Judged {
  const failures = outcomes.filter((outcome) => outcome.kind === 'retry');
  if (breaker.openUntil !== null) {
    if (failures.length === 0) return { breaker: outcomes.some(isTaken) ? CLOSED : breaker, sample };
    // It said itself when it can be asked again, and until then the endpoint pauses: for no less than a breaker would wait at first.
    if (failures.every(({ afterMs }) => (afterMs ?? 0) >= LEAST_OPEN_MS)) return { breaker, sample };
    return { breaker: open(breaker.step, now, random), sample };
  }
  // It is asked less: once at a time until it takes something again.
  if (failures.some(({ status }) => status !== null && THROTTLES.includes(status)))
    return { breaker: { openUntil: now, step: 0 }, sample: [] };
  const seen = [
    ...sample.filter(({ at }) => at > now - MEMORY_MS),
    ...outcomes
      .filter(({ kind }) => kind !== 'gone')
      .slice(-LAST)
      .map(({ kind }) => ({ at: now, failed: kind === 'retry' })),
  ].slice(-LAST);
  if (!isDown(seen)) return { breaker, sample: seen };
  return { breaker: open(TRIPPED, now, random), sample: [] };
}

/** It answered as one that is there, if only to say that it does not want this event. */
function isTaken({ kind }: Outcome): boolean {
  return kind === 'delivered' || kind === 'rejected';
}

function isDown(sample: Sample): boolean {
  const failed = sample.filter((one) => one.failed).length;
  return sample.length >= LEAST && failed >= RATIO * sample.length;
}

function open(step: number, now: number, random: number): Breaker {
  const longest = OPEN_MS.length - 1;
  const wait = OPEN_MS[Math.min(step, longest)] ?? 0;
  return {
    openUntil: Math.ceil(now + wait * (1 + JITTER * (2 * random - 1))),
    step: Math.min(step + 1, longest),
  };
}

// How an endpoint fares and what the team is told of it: that it fails, that the relay does not get to it, that it was disabled,
// that it works again. Each is said once until a delivery: endpoints that hear of each other cannot go on about it for ever.
// No clock: the time is passed in.
import type { Attempt, Outcome } from './outcome.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A hiccup is not worth telling: by then the schedule has had three tries. */
export const SAY_AFTER_MS = 5 * MINUTE_MS;
/** So long may something be due without a try. */
export const STALL_MS = 10 * MINUTE_MS;
/** As Svix has it: five days. */
const DISABLE_AFTER_H = 120;

type Told = 'failing' | 'stalled' | 'disabled';

export interface Health {
  /** The first failure after the last delivery. */
  readonly failingSince: number | null;
  /** The last failure in our own words: a receiver's may hold what is nobody's business. */
  readonly error: string | null;
  readonly status: number | null;
  /** Since when the relay has not got to it. */
  readonly stalledSince: number | null;
  /** How far it had come then; null where the relay failed, which only an attempt ends. */
  readonly mark: string | null;
  /** What the team was told since the last delivery. */
  readonly told: readonly Told[];
}

export const WELL: Health = {
  failingSince: null,
  error: null,
  status: null,
  stalledSince: null,
  mark: null,
  told: [],
};

export interface News {
  readonly what: Told | 'recovered';
  readonly reason: string;
}

/** Said of events that were given up. */
export const EXHAUSTED = 'endpoint.exhausted';

const TYPES: readonly string[] = [
  ...['failing', 'stalled', 'disabled', 'recovered'].map((what) => `endpoint.${what}`),
  EXHAUSTED,
];

/** Whether it says how an endpoint fares. */
export function isOfEndpoint(type: string): boolean {
  return TYPES.includes(type);
}

/** No endpoint is told of itself: what it fails to take would only make it fail more. */
export function isAbout(event: { readonly type: string; readonly data: object }, endpoint: string): boolean {
  return isOfEndpoint(event.type) && 'endpoint' in event.data && event.data.endpoint === endpoint;
}

export interface Judged {
  readonly health: Health;
  readonly news: readonly News[];
}

export interface Terms {
  readonly now: number;
  /** Infinity: never. */
  readonly disableAfterMs: number;
}

/** From the setting, where 0 stands for never. */
export function disableAfterMs(hours = DISABLE_AFTER_H): number {
  return hours === 0 ? Number.POSITIVE_INFINITY : hours * HOUR_MS;
}

/** After the attempts of a window. What the receiver took, however late, ends all that was wrong before. */
export function tried(health: Health, attempts: readonly Attempt[], terms: Terms): Judged {
  const ended = attempts.toSorted((a, b) => a.at + a.durationMs - (b.at + b.durationMs));
  const gone = ended.find(({ outcome }) => outcome.kind === 'gone');
  const delivery = ended.findLastIndex(({ outcome }) => outcome.kind === 'delivered');
  const before = delivery === -1 ? { ...health, stalledSince: null, mark: null } : WELL;
  const failure = ended.slice(delivery + 1).at(-1)?.outcome;
  const after =
    failure === undefined ? before : { ...before, failingSince: before.failingSince ?? terms.now, ...wordsOf(failure) };
  if (gone !== undefined) return disabled(after, reasonOf(gone.outcome));
  const judged = judge(after, terms);
  if (delivery === -1 || health.told.length === 0) return judged;
  return { ...judged, news: [{ what: 'recovered', reason: 'events are delivered again' }, ...judged.news] };
}

/** What a failing endpoint has come to by now: asked after each failure, and by the clock while events wait for it. */
export function judge(health: Health, { now, disableAfterMs }: Terms): Judged {
  if (now < judgedAt(health, disableAfterMs) || health.failingSince === null) return { health, news: [] };
  const reason = `nothing was delivered for ${spanOf(now - health.failingSince)}: ${health.error ?? 'no answer'}`;
  // Nothing is disabled without a word before.
  return health.told.includes('failing') ? disabled(health, reason) : tell(health, 'failing', reason);
}

/** When a failing endpoint is to be judged next. */
export function judgedAt({ failingSince, told }: Health, disableAfterMs: number): number {
  if (failingSince === null) return Number.POSITIVE_INFINITY;
  return failingSince + (told.includes('failing') ? disableAfterMs : SAY_AFTER_MS);
}

export interface Look {
  readonly now: number;
  /** Whether there is anything to do for it, now or later; and whether now. */
  readonly hasWork: boolean;
  readonly isDue: boolean;
  /** What changes with every attempt and every step of the cursor. */
  readonly mark: string;
  /** Whether something is being sent to it, and still may. */
  readonly isUnderWay: boolean;
}

/** A look at an endpoint from outside: whether the relay gets to it. */
export function looked(health: Health, { now, hasWork, isDue, mark, isUnderWay }: Look): Judged {
  const { stalledSince: since, told } = health;
  const stands = health.mark === null ? hasWork : isDue && mark === health.mark;
  if (since === null || !stands) {
    const begins = isDue && !isUnderWay;
    return { health: { ...health, stalledSince: begins ? now : null, mark: begins ? mark : null }, news: [] };
  }
  if (told.includes('stalled') || isUnderWay || now < since + STALL_MS) return { health, news: [] };
  return tell(health, 'stalled', `events are due and the relay has not tried for ${spanOf(now - since)}`);
}

/** After the relay itself failed to deliver. */
export function broken(health: Health, now: number): Health {
  return { ...health, stalledSince: health.stalledSince ?? now, mark: null };
}

export function disabled(health: Health, reason: string): Judged {
  const closed = { ...health, stalledSince: null, mark: null, told: [] };
  return tell(closed, 'disabled', reason);
}

/** Somebody has mended the receiver: how long it failed is past, and what was told of it stands until it delivers. */
export function mended({ told }: Health): Health {
  return { ...WELL, told };
}

function tell(health: Health, what: Told, reason: string): Judged {
  return { health: { ...health, told: [...health.told, what] }, news: [{ what, reason }] };
}

function wordsOf(outcome: Outcome): Pick<Health, 'error' | 'status'> {
  const { status } = outcome;
  if (status !== null) return { status, error: `answered ${status}` };
  if (outcome.kind === 'gone') return { status, error: 'its address is refused' };
  const [words = 'no answer'] = /^no answer(?: within \d+ s)?/.exec('detail' in outcome ? outcome.detail : '') ?? [];
  return { status, error: words };
}

function reasonOf(outcome: Outcome): string {
  if (outcome.status === null) return 'the relay refuses its address';
  return `its receiver wants nothing more: answered ${outcome.status}`;
}

const UNITS = [
  ['day', 24 * HOUR_MS],
  ['hour', HOUR_MS],
  ['minute', MINUTE_MS],
] as const;

/** In the largest unit that it fills twice, so that 30 hours are not a day. */
export function spanOf(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, length]) => ms >= 2 * length) ?? ['minute', MINUTE_MS];
  const count = Math.floor(ms / unitMs);
  return count === 1 ? `1 ${unit}` : `${count} ${unit}s`;
}

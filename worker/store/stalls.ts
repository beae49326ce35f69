// Sessions that have fallen silent with work open: said once, and once more when they are heard of again.
import type { Database } from './database.ts';
import { emit, type OwnEvent } from './emit.ts';
import { forgetOpen, isOpen, listOpen, markTold, type OpenSession } from './open-sessions.ts';

export interface Patience {
  readonly now: number;
  /** How long a session may be silent; 0 for ever. */
  readonly afterMs: number;
}

const DAY_MS = 24 * 3_600_000;
/** What was silent for so long when it was first looked at is history: a spool that was sent late, a relay that was away. */
const HISTORY_MS = DAY_MS;
const FORGOTTEN_MS = 7 * DAY_MS;

function isSilent({ heard }: OpenSession, { now, afterMs }: Patience): boolean {
  return afterMs > 0 && now >= heard + afterMs;
}

export interface Looked {
  readonly told: readonly string[];
  readonly forgotten: readonly string[];
  /** When to look again: null where none is open that was not told of. */
  readonly next: number | null;
}

export function checkStalls(db: Database, patience: Patience): Looked {
  const { now, afterMs } = patience;
  const open = listOpen(db);
  const forgotten = open.filter(({ heard }) => now >= heard + FORGOTTEN_MS);
  for (const { id } of forgotten) forgetOpen(db, id);
  const watched = open.filter((one) => one.told === null && !one.isBelow && now < one.heard + afterMs + HISTORY_MS);
  const stalled = watched.filter((one) => isSilent(one, patience));
  for (const { id } of stalled) markTold(db, id, now);
  emit(
    db,
    now,
    stalled.map((one) => stalledEvent(one, now)),
  );
  const others = watched.filter((one) => !isSilent(one, patience)).map(({ heard }) => heard + afterMs);
  const next = others.length === 0 ? null : Math.min(...others);
  return { told: stalled.map(({ id }) => id), forgotten: forgotten.map(({ id }) => id), next };
}

function stalledEvent({ id, status, waits, heard, source }: OpenSession, now: number): OwnEvent {
  const silent_s = Math.floor((now - heard) / 1_000);
  const data = { status: waits ? 'waiting' : status, since: new Date(heard).toISOString(), silent_s };
  return { type: 'session.stalled', data, about: { session: id, source } };
}

/** Of sessions that were told of and that something new has come from: says which of them go on, and answers with these. */
export function resumeSessions(db: Database, sessions: readonly string[], patience: Patience): string[] {
  // What has only come late leaves a session as silent as it was.
  const heard = listOpen(db, sessions).filter((one) => !isOpen(one.status) || !isSilent(one, patience));
  for (const one of heard) {
    if (isOpen(one.status)) markTold(db, one.id, null);
    else forgetOpen(db, one.id);
  }
  const events = heard.map(({ id, status, told, source }) => ({
    type: 'session.resumed',
    data: { status, told_at: new Date(told ?? patience.now).toISOString() },
    about: { session: id, source },
  }));
  emit(db, patience.now, events);
  return heard.map(({ id }) => id);
}

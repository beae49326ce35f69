// Applies events of one source to all that follows from the log: ledger, rollups, late spend, discards, sessions, mail.
import type { AssistantMessage, Source } from '../../plugin/contract.ts';
import { dataOf, type LoggedEvent } from '../event/event.ts';
import { RELAY_ID } from '../event/own.ts';
import { mergeSessions, sessionOf } from '../event/session.ts';
import { stampOf } from '../event/stamp.ts';
import { chargeOf } from '../ledger/basis.ts';
import { dimensionOf } from '../ledger/dimension.ts';
import { discardOf } from '../ledger/discard.ts';
import { entryOf, supersedes, totalTokens, type Entry } from '../ledger/entry.ts';
import { parseUsd, type NanoUsd } from '../ledger/money.ts';
import { noSums } from '../ledger/rollup.ts';
import { openBook } from './book.ts';
import type { Database } from './database.ts';
import { readDiscards, writeDiscards } from './discards.ts';
import { atHeldPrice } from './frozen.ts';
import { dimensionId, dimensionWith, entryKey, readEntries, readKept } from './ledger.ts';
import { applyMail } from './mail.ts';
import { applyPrices, listPrice } from './prices.ts';
import { addToSessions, mergeIntoSessions, type SessionChange } from './sessions.ts';

export interface Arrival {
  readonly source: Source;
  readonly received: number;
  /** The position of the first event. */
  readonly first: number;
  readonly events: readonly LoggedEvent[];
}

/** What it changed beyond the folds. */
export interface Folded {
  /** The earliest moment whose spend it changed: infinity where it changed none. */
  readonly spentSince: number;
  /** Whether a session began to work or to wait. */
  readonly opened: boolean;
}

const NOTHING: Folded = { spentSince: Number.POSITIVE_INFINITY, opened: false };

export function fold(db: Database, { source, received, first, events }: Arrival): Folded {
  if (source.id === RELAY_ID) {
    for (const [index, event] of events.entries()) {
      if (event.type === 'prices.changed') applyPrices(db, event);
      if (event.type.startsWith('mail.')) applyMail(db, event, first + index);
    }
    // It says things about sessions, and is in none.
    return NOTHING;
  }
  const sessions = sessionsOf(events, source);
  const discards = events.flatMap((event) => discardOf(event) ?? []);
  const fresh = writeDiscards(db, discards);
  const asked = entriesOf(db, source, events);
  let since = Number.POSITIVE_INFINITY;
  if (asked.length > 0) {
    const book = openBook(readEntries(db, asked));
    for (const entry of asked) {
      const held = book.find(entry);
      if (held === undefined) book.enter(entry);
      else if (supersedes(entry, held)) book.enter(atHeldPrice(db, entry, held));
    }
    since = book.since();
    for (const { session, sums } of book.close(db, received)) {
      const change = sessions.get(session);
      if (change !== undefined) sessions.set(session, { ...change, sums });
    }
  }
  const opened = mergeIntoSessions(db, [...sessions.values()]);
  for (const kept of readKept(db, fresh)) {
    const book = openBook(kept);
    for (const entry of kept)
      book.enter({ ...entry, state: 'discarded', dimension: dimensionWith(db, entry.dimension, 'state', 'discarded') });
    since = Math.min(since, book.since());
    addToSessions(db, book.close(db, received));
  }
  return { spentSince: since, opened };
}

/** What the events say of each session, merged. */
function sessionsOf(events: readonly LoggedEvent[], source: Source): Map<string, SessionChange> {
  const sessions = new Map<string, SessionChange>();
  for (const event of events) {
    const session = sessionOf(event, source);
    if (session === null) continue;
    const said = sessions.get(session.id)?.session;
    sessions.set(session.id, { session: said === undefined ? session : mergeSessions(said, session), sums: noSums() });
  }
  return sessions;
}

function entriesOf(db: Database, source: Source, events: readonly LoggedEvent[]): Entry[] {
  const reports = events.flatMap((event) => {
    const report = dataOf(event, 'message.updated');
    return report === null || event.session === null ? [] : [{ event, report, session: event.session }];
  });
  if (reports.length === 0) return [];
  const keys = reports.map(({ report, session }) => ({
    session,
    message: report.message,
    at: Date.parse(report.created_at),
  }));
  const discarded = readDiscards(db, keys);
  return reports.map(({ event, report, session }) => entryFor(db, { source, event, report, session, discarded }));
}

interface Reported {
  readonly source: Source;
  readonly event: LoggedEvent;
  readonly report: AssistantMessage;
  readonly session: string;
  /** By their keys. */
  readonly discarded: ReadonlySet<string>;
}

function entryFor(db: Database, { source, event, report, session, discarded }: Reported): Entry {
  const reported = parseUsd(report.cost_usd);
  if (reported === null) throw new Error(`the log holds a cost that the door refuses: ${report.cost_usd}`);
  const thrown = discarded.has(entryKey({ session, message: report.message })) ? 'discarded' : 'kept';
  const state = report.copied ? 'copied' : thrown;
  const judged = report.copied ? COPY : priced(db, report, reported);
  const dimension = dimensionId(db, dimensionOf(source, report, { basis: judged.basis, state }));
  const stamp = stampOf(event, source);
  return entryOf(report, { ...judged, session, dimension, stamp, live: source.backfill !== true, reported, state });
}

type Priced = Pick<Entry, 'basis' | 'cost' | 'list' | 'price'>;

/** It was paid for in another session. */
const COPY: Priced = { basis: 'reported', cost: 0 as NanoUsd, list: null, price: null };

function priced(db: Database, report: AssistantMessage, reported: NanoUsd): Priced {
  const { list, price, isPlan } = listPrice(db, { ...report, at: Date.parse(report.created_at) });
  return { ...chargeOf({ reported, tokens: totalTokens(report.tokens), list, isPlan }), list, price };
}

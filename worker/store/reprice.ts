// Repricing: list prices are frozen when a message is charged, so a new rule or a newer book changes what was charged before
// only when an admin says so. It goes through the ledger slice by slice, each in the transaction of its caller.
import { chargeOf } from '../ledger/basis.ts';
import { totalTokens, type Entry } from '../ledger/entry.ts';
import type { Period } from '../ledger/period.ts';
import { openBook } from './book.ts';
import type { Database } from './database.ts';
import { dimensionWith, readSlice, SLICE, type EntryKey } from './ledger.ts';
import { listPrice } from './prices.ts';
import { addToSessions } from './sessions.ts';

export interface Repriced {
  readonly messages: number;
  readonly changed: number;
  readonly before: bigint;
  readonly after: bigint;
  /** Where to go on; null at the end of the ledger. */
  readonly next: EntryKey | null;
}

export interface RepriceOrder {
  readonly range: Period;
  readonly isDry: boolean;
  readonly now: number;
}

export function repriceSlice(db: Database, order: RepriceOrder, from: EntryKey | null): Repriced {
  if (!order.isDry) return slice(db, order, from);
  // Done and taken back: so it says what would be, to the last rule.
  try {
    return db.transaction(() => {
      throw new TakenBack(slice(db, order, from));
    });
  } catch (error) {
    if (error instanceof TakenBack) return error.repriced;
    throw error;
  }
}

class TakenBack extends Error {
  readonly repriced: Repriced;

  constructor(repriced: Repriced) {
    super('a dry run is taken back');
    this.repriced = repriced;
  }
}

function slice(db: Database, { range, now }: RepriceOrder, from: EntryKey | null): Repriced {
  const rows = readSlice(db, from, SLICE);
  const asked = rows.filter(({ entry }) => {
    return entry.state !== 'copied' && entry.at >= range.start && entry.at < range.end;
  });
  const book = openBook(asked.map(({ entry }) => entry));
  let [changed, before, after] = [0, 0n, 0n];
  for (const { entry, provider, model } of asked) {
    const next = repriced(db, entry, provider, model);
    before += BigInt(entry.cost);
    after += BigInt(next.cost);
    if (next.list === entry.list && next.price === entry.price && next.basis === entry.basis) continue;
    changed += 1;
    book.enter(next);
  }
  addToSessions(db, book.close(db, now));
  const last = rows.length < SLICE ? undefined : rows.at(-1)?.entry;
  return { messages: asked.length, changed, before, after, next: last ?? null };
}

function repriced(db: Database, entry: Entry, provider: string, model: string): Entry {
  const { reported, tokens, at } = entry;
  const { list, price, isPlan } = listPrice(db, { provider, model, at, tokens });
  const { basis, cost } = chargeOf({ reported, tokens: totalTokens(tokens), list, isPlan });
  const dimension = basis === entry.basis ? entry.dimension : dimensionWith(db, entry.dimension, 'basis', basis);
  return { ...entry, dimension, list, price, basis, cost };
}

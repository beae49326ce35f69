// Which prices apply to what the team uses.
import type { UnitPrices } from '../ledger/price.ts';
import type { Database } from './database.ts';
import { bookName, listModels, priceNow, type ModelRow } from './prices.ts';

export interface PriceList {
  readonly book: string;
  readonly models: readonly (ModelRow & { readonly price: { name: string; units: UnitPrices } | null })[];
}

export function readPriceList(db: Database, since: number, now: number): PriceList {
  return {
    book: bookName(db),
    models: listModels(db, since).map((row) => ({ ...row, price: priceNow(db, row, now) })),
  };
}

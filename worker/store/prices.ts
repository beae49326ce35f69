// The list price of a message, frozen under the name of the price it was computed with.
import type { AssistantMessage } from '../../plugin/contract.ts';
import type { NanoUsd } from '../ledger/money.ts';
import type { Database } from './database.ts';

export interface ListPrice {
  readonly list: NanoUsd | null;
  readonly price: number | null;
  readonly isPlan: boolean;
}

export function listPrice(_db: Database, _report: AssistantMessage): ListPrice {
  return { list: null, price: null, isPlan: false };
}

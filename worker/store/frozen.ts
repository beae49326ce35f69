// A price is frozen when a message is charged: what is said again of the same use, under whatever prices by now, changes it no more
// than silence would. Only a repricing does, which an admin asks for and the log tells of.
import { TOKENS, type Entry } from '../ledger/entry.ts';
import type { Database } from './database.ts';
import { dimensionWith } from './ledger.ts';

/** The report that takes the place of `held`, at the price of that where it tells of the same use. */
export function atHeldPrice(db: Database, next: Entry, held: Entry): Entry {
  const { list, price, basis, cost } = held;
  const isSamePrice = next.list === list && next.price === price && next.basis === basis;
  if (isSamePrice || !isSameUse(next, held) || !isSameModel(db, next, held)) return next;
  return { ...next, list, price, basis, cost, dimension: dimensionWith(db, next.dimension, 'basis', basis) };
}

/** All that a price depends on but the model. A copy has no price. */
function isSameUse(next: Entry, held: Entry): boolean {
  return (
    next.state !== 'copied' &&
    next.at === held.at &&
    next.reported === held.reported &&
    TOKENS.every((name) => next.tokens[name] === held.tokens[name])
  );
}

function isSameModel({ sql }: Database, next: Entry, held: Entry): boolean {
  const { models } = sql
    .exec<{ models: number }>(
      /* sql */ `SELECT count(DISTINCT json_array(provider, model)) AS models FROM dimension WHERE id IN (?, ?)`,
      next.dimension,
      held.dimension,
    )
    .one();
  return models === 1;
}

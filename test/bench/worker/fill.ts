// Fills a ledger past the door with a month of a team's work, by the store's own statements.
import { DIMENSIONS, type Dimension } from '../../../worker/ledger/dimension.ts';
import type { Entry } from '../../../worker/ledger/entry.ts';
import type { NanoUsd } from '../../../worker/ledger/money.ts';
import type { Stamp } from '../../../worker/event/stamp.ts';
import { openBook } from '../../../worker/store/book.ts';
import { openDatabase } from '../../../worker/store/open.ts';
import { dimensionId } from '../../../worker/store/ledger.ts';
import { workOf, type Work } from '../month.ts';
import type { Filling } from '../order.ts';

/** Returns how many entries it wrote. */
export function fill(storage: DurableObjectStorage, { total, from, to, month, received }: Filling): number {
  const db = openDatabase(storage, 1_000);
  const work = workOf(total, month);
  const book = openBook([]);
  for (let index = from; index < to; index += 1) {
    const one = work(index);
    book.enter(entryOf(one, `${one.at}.${index}` as Stamp, dimensionId(db, dimensionOf(one))));
  }
  db.transaction(() => book.close(db, received));
  return to - from;
}

function dimensionOf({ member, project, model }: Work): Dimension {
  const none = Object.fromEntries(DIMENSIONS.map((name) => [name, null])) as Dimension;
  return {
    ...none,
    member: `member${member}@example.com`,
    project: `project${project}`,
    project_name: `example.com/acme/project${project}`,
    branch: 'main',
    host: `laptop-${member}`,
    provider: 'anthropic',
    model,
    agent: 'build',
    kind: 'chat',
    basis: 'reported',
    state: 'kept',
  };
}

function entryOf({ session, message, at, tokens, costNano }: Work, stamp: Stamp, dimension: number): Entry {
  const cost = costNano as NanoUsd;
  return {
    session,
    message,
    dimension,
    at,
    finished: true,
    live: true,
    tokens: { input: tokens.input, output: tokens.output, reasoning: 0, cache_read: tokens.cacheRead, cache_write: 0 },
    cost,
    reported: cost,
    list: null,
    price: null,
    basis: 'reported',
    state: 'kept',
    stamp,
  };
}

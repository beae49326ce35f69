import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Stamp } from '../../worker/event/stamp.ts';
import { readStamp, stampOf } from '../../worker/event/stamp.ts';
import { entryOf, supersedes, type Entry, type Judgement } from '../../worker/ledger/entry.ts';
import type { NanoUsd } from '../../worker/ledger/money.ts';
import { add, bucketOf, noSums, sumsOf } from '../../worker/ledger/rollup.ts';
import type { AssistantMessage } from '../../plugin/contract.ts';
import { source } from '../relay/builders.ts';

/** Few values each, so that reports often agree in all but one of the things they are compared by. */
const few = fc.nat({ max: 2 });
const report = fc.record({
  finished: fc.boolean(),
  live: fc.boolean(),
  cost: few,
  input: few,
  output: few,
  stamp: fc.nat({ max: 5 }),
});
const entry = report.map(({ finished, live, cost, input, output, stamp }): Entry => ({
  message: 'msg_1',
  session: 'ses_1',
  dimension: 1,
  at: 0,
  finished,
  tokens: { input, output, reasoning: 0, cache_read: 0, cache_write: 0 },
  cost: cost as NanoUsd,
  reported: cost as NanoUsd,
  list: null,
  price: null,
  basis: 'reported',
  state: 'kept',
  live,
  stamp: stamp.toString() as Stamp,
}));
/** Two events never have the same stamp. */
const reports = fc.uniqueArray(entry, { selector: ({ stamp }) => stamp, minLength: 3, maxLength: 6 });

function last(entries: readonly Entry[]): Entry | undefined {
  return entries.reduce((held, next) => (supersedes(next, held) ? next : held));
}

test('of two different reports exactly one takes the place of the other', () => {
  fc.assert(
    fc.property(reports, ([a, b]) => {
      if (a === undefined || b === undefined) return;
      expect(supersedes(a, a)).toBe(false);
      expect(supersedes(a, b)).toBe(!supersedes(b, a));
    }),
  );
});

test('what takes the place of a successor takes the place of its predecessor', () => {
  fc.assert(
    fc.property(reports, ([a, b, c]) => {
      if (a === undefined || b === undefined || c === undefined) return;
      fc.pre(supersedes(c, b) && supersedes(b, a));
      expect(supersedes(c, a)).toBe(true);
    }),
  );
});

test('any order of reports, with repeats, ends in the same entry', () => {
  const histories = reports.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })),
  );
  fc.assert(
    fc.property(histories, ([all, arrived]) => {
      expect(last(arrived)).toEqual(last(all));
    }),
  );
});

test('a finished report stands against a dearer unfinished one', () => {
  const [unfinished, finished] = fc.sample(reports, 1)[0] ?? [];
  if (unfinished === undefined || finished === undefined) throw new Error('no reports');
  const dear: Entry = { ...unfinished, finished: false, live: true, reported: 9 as NanoUsd };
  const cheap: Entry = { ...finished, finished: true, live: true, reported: 1 as NanoUsd };
  expect(supersedes(cheap, dear)).toBe(true);
  expect(supersedes(dear, cheap)).toBe(false);
});

test("what a member remembers has one stamp, whichever run of a backfill says it, and reads as nobody's", () => {
  const past = (id: string, member: string, n: number) => stampOf({ at: 9, n }, source({ id, member, backfill: true }));
  expect(past('b', 'ada', 3)).toBe(past('a', 'ada', 7));
  expect(past('a', 'ada', 7) < past('a', 'bob', 1)).toBe(true);
  expect(past('z', 'bob', 9) < stampOf({ at: 9, n: 1 }, source({ id: 'a' }))).toBe(true);
  expect(readStamp(past('a', 'ada', 7))).toEqual({ at: 9, source: null });
  expect(readStamp(stampOf({ at: 9, n: 1 }, source({ id: 'a.b' })))).toEqual({ at: 9, source: 'a.b' });
});

test('stamps sort as times, then as numbers, then as sources do', () => {
  const stamps = [
    stampOf({ at: 9, n: 10 }, source({ id: 'b' })),
    stampOf({ at: 10, n: 2 }, source({ id: 'z' })),
    stampOf({ at: 10, n: 10 }, source({ id: 'a' })),
    stampOf({ at: 10, n: 10 }, source({ id: 'b' })),
    stampOf({ at: Date.UTC(2026, 0), n: Number.MAX_SAFE_INTEGER }, source({ id: 'a' })),
  ];
  expect(stamps.toSorted()).toEqual(stamps);
});

const message: AssistantMessage = {
  message: 'msg_1',
  kind: 'chat',
  provider: 'p',
  model: 'm',
  variant: null,
  agent: null,
  created_at: '2026-11-20T09:14:59.999Z',
  completed_at: null,
  cost_usd: '0.5',
  tokens: { input: 1, output: 2, reasoning: 3, cache_read: 4, cache_write: 5 },
  copied: false,
  error: null,
};
function judged(given: Partial<Judgement> = {}): Judgement {
  const charged = { cost: 500_000_000 as NanoUsd, reported: 500_000_000 as NanoUsd, list: null, price: null } as const;
  const rest = { live: true, basis: 'reported', state: 'kept', ...charged } as const;
  return { session: 'ses_1', dimension: 1, stamp: '1' as Stamp, ...rest, ...given };
}

test('a cost belongs to the bucket in which its message was begun', () => {
  const charged = entryOf(message, judged());
  expect(charged).toMatchObject({ finished: false, cost: 500_000_000 });
  expect(bucketOf(charged.at)).toBe(Date.UTC(2026, 10, 20, 9));
  expect(bucketOf(-1)).toBe(-15 * 60_000);
});

test('a live report stands against whatever was read from history', () => {
  const live = entryOf(message, judged({ reported: 1 as NanoUsd, stamp: '1' as Stamp }));
  const history = entryOf(
    { ...message, completed_at: message.created_at },
    judged({ live: false, stamp: '2' as Stamp }),
  );
  expect(supersedes(live, history)).toBe(true);
  expect(supersedes(history, live)).toBe(false);
});

test('what is known for a copy stays one, and adds to one sum alone', () => {
  const paid = entryOf(message, judged({ live: true, stamp: '3' as Stamp }));
  const copy = entryOf(message, judged({ state: 'copied', cost: 0 as NanoUsd, stamp: '2' as Stamp }));
  expect(supersedes(copy, paid)).toBe(true);
  expect(supersedes(paid, copy)).toBe(false);
  expect(sumsOf(copy)).toEqual({ ...noSums(), copied: 500_000_000 });
});

test('taking a superseded entry out leaves the sums as if it had never been', () => {
  fc.assert(
    fc.property(entry, entry, (a, b) => {
      const sums = noSums();
      add(sums, sumsOf(a), 1);
      add(sums, sumsOf(a), -1);
      add(sums, sumsOf(b), 1);
      expect(sums).toEqual(sumsOf(b));
    }),
  );
});

test('what is discarded stays in the cost, and what has no price is counted', () => {
  expect(sumsOf(entryOf(message, judged({ state: 'discarded' })))).toMatchObject({
    cost: 500_000_000,
    discarded: 500_000_000,
    unpriced: 0,
  });
  const unpriced = judged({ basis: 'unpriced', cost: 0 as NanoUsd, reported: 0 as NanoUsd });
  expect(sumsOf(entryOf(message, unpriced))).toMatchObject({ cost: 0, list: 0, discarded: 0, unpriced: 1 });
});

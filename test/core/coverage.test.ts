import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { cover, type Coverage } from '../../worker/event/coverage.ts';

const NOTHING: Coverage = { high: 0, gaps: [] };
const seqs = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 60, size: 'max' });

/** What the union of the numbers is, said without the code under test. */
function unionOf(numbers: readonly number[]): Coverage {
  const high = Math.max(0, ...numbers);
  const gaps: { first: number; last: number }[] = [];
  for (let seq = 1; seq < high; seq += 1) {
    if (numbers.includes(seq)) continue;
    const open = gaps.at(-1);
    if (open?.last === seq - 1) open.last = seq;
    else gaps.push({ first: seq, last: seq });
  }
  return { high, gaps };
}

test('any order, split and repeat of the numbers ends in their union, and each is fresh exactly once', () => {
  const arrivals = fc.array(seqs, { maxLength: 8 });
  fc.assert(
    fc.property(arrivals, (batches) => {
      let held = NOTHING;
      const fresh: number[] = [];
      for (const batch of batches) {
        const covered = cover(held, batch);
        fresh.push(...covered.fresh);
        held = covered.coverage;
      }
      expect(held).toEqual(unionOf(batches.flat()));
      expect(fresh.toSorted((a, b) => a - b)).toEqual([...new Set(batches.flat())].toSorted((a, b) => a - b));
    }),
  );
});

test('a repeated batch is not fresh and changes nothing', () => {
  fc.assert(
    fc.property(seqs, (batch) => {
      const { coverage } = cover(NOTHING, batch);
      const again = cover(coverage, batch);
      expect(again.fresh.size).toBe(0);
      expect(again.coverage).toEqual(coverage);
    }),
  );
});

test('the coverage that is held is not changed in place', () => {
  const held: Coverage = { high: 9, gaps: [{ first: 3, last: 6 }] };
  const before = structuredClone(held);
  cover(held, [4, 12]);
  expect(held).toEqual(before);
});

test.each([
  [[1, 2, 3], { high: 3, gaps: [] }],
  [[5], { high: 5, gaps: [{ first: 1, last: 4 }] }],
  [[5, 1, 4], { high: 5, gaps: [{ first: 2, last: 3 }] }],
  [
    [5, 3],
    {
      high: 5,
      gaps: [
        { first: 1, last: 2 },
        { first: 4, last: 4 },
      ],
    },
  ],
  [
    [1, Number.MAX_SAFE_INTEGER],
    { high: Number.MAX_SAFE_INTEGER, gaps: [{ first: 2, last: Number.MAX_SAFE_INTEGER - 1 }] },
  ],
])('%j is covered up to its highest number but for the gaps', (numbers, coverage) => {
  expect(cover(NOTHING, numbers).coverage).toEqual(coverage);
});

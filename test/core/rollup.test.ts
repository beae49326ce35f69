import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { BUCKET_MS, HOUR_MS, splitByHour } from '../../worker/ledger/rollup.ts';

const bucket = fc.integer({ min: 0, max: 5_000 }).map((index) => index * BUCKET_MS);

it('a range is the same buckets when its whole hours are taken as such, none twice and none left out', () => {
  fc.assert(
    fc.property(bucket, bucket, (a, b) => {
      const range = { start: Math.min(a, b), end: Math.max(a, b) };
      const { hours, buckets } = splitByHour(range);
      const parts = [...buckets, ...(hours === null ? [] : [hours])].flatMap(bucketsOf);
      expect(parts.toSorted((x, y) => x - y)).toEqual(bucketsOf(range));
    }),
  );
});

it('no more than three buckets are left at either end of a range with an hour in it', () => {
  fc.assert(
    fc.property(bucket, fc.integer({ min: 8, max: 100 }), (start, length) => {
      const { hours, buckets } = splitByHour({ start, end: start + length * BUCKET_MS });
      expect([hours?.start, hours?.end].map((at) => (at ?? 1) % HOUR_MS)).toEqual([0, 0]);
      expect(buckets.every((range) => bucketsOf(range).length <= 3)).toBe(true);
    }),
  );
});

function bucketsOf({ start, end }: { readonly start: number; readonly end: number }): number[] {
  return Array.from({ length: (end - start) / BUCKET_MS }, (_, index) => start + index * BUCKET_MS);
}

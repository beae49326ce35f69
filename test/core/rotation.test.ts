import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { MAX_KEYS, overlapEnd, rotate, secretsAt, type Keys } from '../../worker/delivery/rotation.ts';

const FIRST: Keys = { signing: 'v1', secret: 'first', publicKey: null, retired: [] };
const key = (secret: string, overlapMs: number) => ({ signing: 'v1', secret, publicKey: null, overlapMs }) as const;

test('the old key signs after the new one until the overlap ends', () => {
  const keys = rotate(FIRST, key('second', 100), 1_000) ?? FIRST;
  expect(secretsAt(keys, 1_000)).toEqual(['second', 'first']);
  expect(secretsAt(keys, 1_099)).toEqual(['second', 'first']);
  expect(secretsAt(keys, 1_100)).toEqual(['second']);
  expect([overlapEnd(keys, 1_099), overlapEnd(keys, 1_100)]).toEqual([1_100, null]);
});

test('a second rotation does not shorten what the first promised', () => {
  const second = rotate(FIRST, key('second', 100), 0) ?? FIRST;
  const third = rotate(second, key('third', 10), 1) ?? FIRST;
  expect(secretsAt(third, 10)).toEqual(['third', 'second', 'first']);
  expect(secretsAt(third, 11)).toEqual(['third', 'first']);
  expect(overlapEnd(third, 11)).toBe(100);
});

test('without an overlap every older key ends at once', () => {
  const second = rotate(FIRST, key('second', 100), 0) ?? FIRST;
  expect(rotate(second, key('third', 0), 1)?.retired).toEqual([]);
});

test('a pair takes the place of a secret, which still signs for a while', () => {
  const pair = { signing: 'v1a', secret: 'pair', publicKey: 'whpk_', overlapMs: 100 } as const;
  expect(rotate(FIRST, pair, 0)).toEqual({
    signing: 'v1a',
    secret: 'pair',
    publicKey: 'whpk_',
    retired: [{ secret: 'first', until: 100 }],
  });
});

test('an endpoint never holds more than ten keys nor one whose time is over, however it is rotated', () => {
  const steps = fc.array(fc.record({ overlapMs: fc.nat(50), waitMs: fc.nat(10) }), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (taken) => {
      let [keys, now] = [FIRST, 0];
      for (const [at, { overlapMs, waitMs }] of taken.entries()) {
        now += waitMs;
        const held = secretsAt(keys, now);
        const rotated = rotate(keys, key(`${at}`, overlapMs), now);
        expect(rotated === null).toBe(overlapMs > 0 && held.length === MAX_KEYS);
        if (rotated === null) continue;
        expect(secretsAt(rotated, now)).toEqual(overlapMs === 0 ? [`${at}`] : [`${at}`, ...held]);
        expect(rotated.retired.every(({ until }) => until > now)).toBe(true);
        keys = rotated;
      }
    }),
  );
});

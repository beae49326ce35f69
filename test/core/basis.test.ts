import { expect, test } from 'vitest';

import { BASES, chargeOf } from '../../worker/ledger/basis.ts';
import type { NanoUsd } from '../../worker/ledger/money.ts';

type Case = [reported: number, tokens: number, list: number | null, isPlan: boolean, basis: string, cost: number];

const CASES: Case[] = [
  [250, 0, null, false, 'reported', 250],
  [250, 10, 999, false, 'reported', 250],
  [250, 10, null, false, 'reported', 250],
  [0, 0, null, false, 'reported', 0],
  [0, 0, 0, false, 'reported', 0],
  [0, 10, 70, false, 'list', 70],
  [0, 10, 0, false, 'free', 0],
  [0, 10, null, false, 'unpriced', 0],
  [0, 10, 70, true, 'plan', 0],
  [250, 10, 70, true, 'plan', 0],
  [0, 10, null, true, 'plan', 0],
  [0, 0, null, true, 'plan', 0],
];

test.each(CASES)(
  'reported %d, %d tokens, list %s, plan %s: %s, charged %d',
  (reported, tokens, list, isPlan, basis, cost) => {
    const given = { reported: reported as NanoUsd, tokens, list: list as NanoUsd | null, isPlan };
    expect(chargeOf(given)).toEqual({ basis, cost });
  },
);

test('every basis has a case', () => {
  expect(new Set(CASES.map(([, , , , basis]) => basis))).toEqual(new Set(BASES));
});

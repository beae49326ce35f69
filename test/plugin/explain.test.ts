import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { explain, machineCost } from '../../plugin/cli/reconcile/explain.ts';
import type { LedgerEntry, LedgerSession } from '../../plugin/cli/reconcile/ledger.ts';
import type { Local, LocalMessage } from '../../plugin/cli/reconcile/local.ts';
import { TOOLS } from '../../plugin/cli/reconcile/tools.ts';

const nano = fc.bigInt({ min: 0n, max: 10n ** 15n });
const few = (max: number) => fc.nat({ max });
const message: fc.Arbitrary<LocalMessage> = fc.record({
  session: few(3).map((n) => `ses_${n}`),
  message: fc.option(few(5).map((n) => `msg_${n}`)),
  shelf: fc.constantFrom('legacy' as const, 'message' as const, 'session_message' as const),
  kind: fc.constantFrom('message' as const, 'copy' as const, 'malformed' as const),
  model: fc.constantFrom('a', 'b'),
  at: few(100),
  stored: fc.record({ cost: nano, tokens: fc.constantFrom(0n, 5n), fingerprint: few(3).map(String) }),
});
const session: fc.Arbitrary<LedgerSession> = fc
  .record({
    id: few(5).map((n) => `ses_${n}`),
    isSubagent: fc.boolean(),
    place: fc.constantFrom('here' as const, 'deleted here' as const, 'elsewhere' as const),
    cost: nano,
    entries: fc.uniqueArray(
      fc.record({
        message: few(5).map((n) => `msg_${n}`),
        at: few(100),
        cost: nano,
        basis: fc.constantFrom('reported', 'list', 'plan', 'free', 'unpriced'),
        list: fc.option(nano),
        isDiscarded: fc.boolean(),
        host: fc.constantFrom('laptop', 'desktop'),
      }),
      { maxLength: 6, selector: ({ message }) => message },
    ),
  })
  .map(({ cost, entries, ...given }) => {
    if (given.place === 'elsewhere') return { ...given, cost: 0n, elsewhere: cost, entries: [], foreign: [] };
    if (given.place === 'deleted here') return { ...given, cost, elsewhere: 0n, entries: [], foreign: [] };
    const own = entries.filter(({ host }) => host === 'laptop');
    const foreign = entries.filter(({ host }) => host !== 'laptop');
    return { ...given, cost: costOf(own), elsewhere: costOf(foreign), entries: own, foreign };
  });

function costOf(entries: readonly LedgerEntry[]): bigint {
  return entries.reduce((sum, { cost }) => sum + cost, 0n);
}

test('whatever the database and the ledger hold, the causes add up to the difference, and all have a name', () => {
  fc.assert(
    fc.property(fc.array(message), fc.uniqueArray(session, { selector: ({ id }) => id }), (messages, sessions) => {
      const local: Local = { messages, sessions: new Set(), sessionCosts: new Map([['ses_1', 0.1]]) };
      for (const tool of TOOLS) {
        const { from, parts, figure } = explain(tool, local, sessions, null);
        expect(from).toBe(machineCost(sessions));
        expect([...parts.values()].reduce((sum, part) => sum + part.nano, from)).toBe(figure);
        expect(parts.has('unexplained')).toBe(false);
      }
    }),
  );
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readClaude } from '../../../plugin/cli/bridge/claude-line.ts';
import { lineOf, localTime, MOST_BYTES, toldIn } from '../../../plugin/cli/bridge/costs-line.ts';
import { usdOf } from '../../../plugin/cli/figure.ts';

const TELLER = { town: 'lab', relay: 'f00d' };

describe('a line of costs', () => {
  it('is short, one line, exact, and read again as what was told', () => {
    const name = fc.option(fc.string({ unit: 'binary', minLength: 1, maxLength: 256 }));
    const nano = fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n });
    const law = fc.property(name, name, name, name, nano, nano, (role, rig, worker, bead, delta, total) => {
      const who = { role, rig, worker, bead };
      const telling = {
        ...who,
        n: 7,
        key: 'k',
        day: '2026-11-23',
        at: 1_763_856_000_000,
        session: worker ?? 's',
        delta,
        total,
      };
      const line = lineOf(telling, TELLER);
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MOST_BYTES);
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(toldIn(line, TELLER)).toEqual({ n: 7, key: 'k', day: '2026-11-23', total });
      expect(toldIn(line, { ...TELLER, town: 'other' })).toBeNull();
      expect(toldIn(line, { ...TELLER, relay: 'other' })).toBeNull();
      const { cost_usd } = JSON.parse(line) as { cost_usd: number };
      expect(BigInt(Math.round(cost_usd * 1e9))).toBe(delta);
      // What the bridge told the town it does not charge in the relay.
      expect(readClaude(line, {}, 'lab').drafts).toEqual([]);
    });
    fc.assert(law);
  });

  it('has the time of this machine, of which the town takes the day', () => {
    const at = new Date(2026, 10, 23, 23, 59, 59).getTime();
    expect(localTime(at)).toMatch(/^2026-11-23T23:59:59\.000[+-]\d\d:\d\d$/);
    expect(Date.parse(localTime(at))).toBe(at);
  });
});

describe("lines of the town's own", () => {
  it('are charged as what came since the line before of their session, and by a new transcript from nothing', () => {
    const figure = fc.integer({ min: 1, max: 1_000_000 });
    const law = fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b'), figure)), (lines) => {
      let carry = {};
      const charged = new Map<string, bigint>();
      for (const [at, [session_id, micro]] of lines.entries()) {
        const ended_at = new Date(1_763_856_000_000 + at).toISOString();
        const read = readClaude(
          JSON.stringify({ session_id, role: 'crew', cost_usd: micro / 1e6, ended_at }),
          carry,
          'lab',
        );
        ({ carry } = read);
        for (const { event } of read.drafts) {
          const { cost_usd } = event.data as { cost_usd: string };
          const nano = BigInt(Math.round(Number(cost_usd) * 1e9));
          expect(nano).toBeGreaterThan(0n);
          charged.set(session_id, (charged.get(session_id) ?? 0n) + nano);
        }
      }
      for (const session of ['a', 'b']) {
        const own = lines.filter(([id]) => id === session).map(([, micro]) => micro);
        // Of each run of rising figures the last is what it cost.
        const tops = own.filter((micro, at) => at + 1 === own.length || (own[at + 1] ?? 0) < micro);
        expect(usdOf(charged.get(session) ?? 0n)).toBe(usdOf(BigInt(tops.reduce((sum, top) => sum + top, 0)) * 1_000n));
      }
    });
    fc.assert(law);
  });

  it('are of a session of their town, as terminals have the same names in all of them', () => {
    const line = '{"session_id":"hq-mayor","role":"mayor","cost_usd":1,"ended_at":"2026-11-23T09:00:00Z"}';
    const sessionIn = (town: string) => readClaude(line, {}, town).drafts[0]?.event.session;
    expect(['lab', 'gt'].map(sessionIn)).toEqual(['gt_lab_hq-mayor', 'gt_gt_hq-mayor']);
    expect(sessionIn('x'.repeat(255))).toHaveLength(200);
  });

  it.each([
    ['not json', '{"session_id":"hq-ma'],
    ['nothing', '{"session_id":"hq-mayor","role":"mayor","cost_usd":0,"ended_at":"2026-11-23T09:00:00Z"}'],
    [
      'an OpenCode session',
      '{"session_id":"ses_2f","role":"unknown","cost_usd":4.5,"ended_at":"2026-11-23T09:00:00Z"}',
    ],
    ['no time', '{"session_id":"hq-mayor","cost_usd":1}'],
    ['no session', '{"cost_usd":1,"ended_at":"2026-11-23T09:00:00Z"}'],
    ['a text', '{"session_id":"hq-mayor","cost_usd":"1","ended_at":"2026-11-23T09:00:00Z"}'],
  ])('of %s charge nothing', (_, line) => {
    expect(readClaude(line, {}, 'lab').drafts).toEqual([]);
  });
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Batch } from '../../plugin/contract.ts';
import type { Reply, TestTeam } from './harness.ts';
import { arrivals, backfills, history, straight } from './history.ts';
import { chargesOf, isDiscarded, readLog, sum, toNano } from './oracle.ts';
import { reprice } from './reprice.ts';
import { useRelay } from './setup.ts';

const RANGE = 'from=2026-11-17&to=2026-11-30';
const VIEWS = [
  '',
  'group_by=member',
  'group_by=project,branch',
  'group_by=model,agent&step=day',
  'group_by=kind&step=hour',
  'group_by=state,basis',
  'group_by=session,kind&step=day',
  'group_by=model&session=ses_1&scope=inclusive',
  'member=ann@example.com&state=kept',
];
const ZONES = ['UTC', 'Asia/Kathmandu', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia'];
type Row = Reply['body'];

const relay = useRelay();

async function get(team: TestTeam, path: string): Promise<Row> {
  const { status, body } = await team.call('GET', path);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body;
}

/** `crashes` are batches before which the team's object ends without notice. */
async function receive(batches: readonly Batch[], crashes: readonly number[] = []): Promise<TestTeam> {
  const team = await relay.team();
  for (const [index, batch] of batches.entries()) {
    if (crashes.includes(index)) await team.crash();
    const { status, body } = await team.call('POST', '/v1/events', batch);
    if (status !== 202) throw new Error(JSON.stringify(body));
  }
  return team;
}

function usage(team: TestTeam, view: string): Promise<Row> {
  return get(team, `/v1/usage?${RANGE}&${view}`);
}

async function sessionsOf(team: TestTeam): Promise<Row[]> {
  const { sessions } = await get(team, '/v1/sessions?limit=1000');
  return Promise.all(sessions.map(({ id }: Row) => get(team, `/v1/sessions/${id}`)));
}

/** All that can be read of a team but the order in which it heard of it, and what it could say of that order alone. */
async function stateOf(team: TestTeam) {
  const log = (await readLog(team)).map(({ id: _id, seq: _seq, received_at: _received, data, ...event }) => {
    const { worked_s: _worked, ...said } = data;
    return { ...event, data: said };
  });
  const { sources } = await get(team, '/v1/sources');
  return {
    usage: await Promise.all(VIEWS.map((view) => usage(team, view))),
    sessions: await sessionsOf(team),
    sources: sources
      .map(({ id, events, last_seq, missing, gaps }: Row) => ({ id, events, last_seq, missing, gaps }))
      .toSorted((a: Row, b: Row) => a.id.localeCompare(b.id)),
    log: log.toSorted((a, b) => a.source.id.localeCompare(b.source.id) || a.origin.seq - b.origin.seq),
  };
}

test('a history in any order, split anywhere, interleaved, repeated and through restarts ends as the same sent straight', async () => {
  const crashes = fc.uniqueArray(fc.nat({ max: 10 }), { maxLength: 3 });
  const cases = history.chain((facts) => fc.tuple(fc.constant(facts), arrivals(facts), crashes));
  await fc.assert(
    fc.asyncProperty(cases, async ([facts, batches, crashing]) => {
      const [tidy, wild] = [await receive(straight(facts)), await receive(batches, crashing)];
      expect(await stateOf(wild)).toEqual(await stateOf(tidy));
    }),
    { numRuns: 20 },
  );
});

test('what machines remember is charged to the same, in whatever order they and what is live say it', async () => {
  const cases = fc
    .tuple(history, backfills)
    .map((facts) => facts.flat())
    .chain((facts) => fc.tuple(arrivals(facts), arrivals(facts)));
  const charged = async (team: TestTeam) => {
    const sessions = await sessionsOf(team);
    // What was known already enters no log, so that the session is not heard of again by it.
    return [
      await Promise.all(VIEWS.map((view) => usage(team, view))),
      new Map(sessions.map(({ id, cost_usd, copied_usd, entries }) => [id, { cost_usd, copied_usd, entries }])),
    ];
  };
  await fc.assert(
    fc.asyncProperty(cases, async ([one, other]) => {
      const [a, b] = [await receive(one), await receive(other)];
      expect(await charged(a)).toEqual(await charged(b));
      const before = await charged(a);
      await a.rebuild();
      expect(await charged(a)).toEqual(before);
    }),
    { numRuns: 25 },
  );
});

test('ledger, rollups and sessions are what the log comes to, by any dimension', async () => {
  const cases = history.chain(arrivals);
  await fc.assert(
    fc.asyncProperty(cases, async (batches) => {
      const team = await receive(batches);
      const log = await readLog(team);
      const charges = chargesOf(log);
      const spent = sum(charges, ({ nano }) => nano);
      const { total } = await usage(team, '');
      expect([toNano(total.cost_usd), total.messages]).toEqual([spent, charges.length]);

      const thrown = charges.filter((charge) => isDiscarded(log, charge));
      expect(toNano(total.discarded_usd)).toBe(sum(thrown, ({ nano }) => nano));

      const sessions = await sessionsOf(team);
      const entries = sessions.flatMap((session) =>
        session.entries
          .filter(({ state }: Row) => state !== 'copied')
          .map((entry: Row) => [`${session.id}/${entry.message}`, toNano(entry.cost_usd ?? '0')]),
      );
      const expected = charges.map(({ session, message, nano }) => [`${session}/${message}`, nano] as const);
      expect(new Map(entries)).toEqual(new Map(expected));
      expect(entries).toHaveLength(expected.length);
      expect(sum(sessions, ({ cost_usd }) => toNano(cost_usd))).toBe(spent);

      const { rows } = await usage(team, 'group_by=member,model');
      for (const { member, model, cost_usd } of rows) {
        const own = charges.filter((charge) => charge.source.member === member && charge.model === model);
        expect(toNano(cost_usd)).toBe(sum(own, ({ nano }) => nano));
      }
      expect(sum(rows, ({ cost_usd }: Row) => toNano(cost_usd))).toBe(spent);

      const bySession = await usage(team, 'group_by=session');
      for (const { session, cost_usd } of bySession.rows) {
        const own = charges.filter((charge) => charge.session === session);
        expect(toNano(cost_usd)).toBe(sum(own, ({ nano }) => nano));
      }
      expect(bySession.total).toEqual(total);
    }),
    { numRuns: 25 },
  );
});

test('the days of any zone add up to the range, and the range to the log', async () => {
  const ranges = fc.record({
    zone: fc.constantFrom(...ZONES),
    from: fc.integer({ min: 16, max: 22 }),
    days: fc.nat({ max: 6 }),
    step: fc.constantFrom('hour', 'day', 'week', 'month'),
  });
  const cases = fc.tuple(history.chain(arrivals), fc.array(ranges, { minLength: 4, maxLength: 4 }));
  await fc.assert(
    fc.asyncProperty(cases, async ([batches, asked]) => {
      const team = await receive(batches);
      const charges = chargesOf(await readLog(team));
      for (const { zone, from, days, step } of asked) {
        const range = `from=2026-11-${from}&to=2026-11-${from + days}&zone=${zone}`;
        const stepped = await get(team, `/v1/usage?${range}&step=${step}`);
        const whole = await get(team, `/v1/usage?${range}`);
        const inRange = charges.filter(({ at }) => at >= whole.from && at < whole.to);
        // A step that has closed may have got what is no correction of the longer range.
        expect({ ...stepped.total, late_usd: '' }).toEqual({ ...whole.total, late_usd: '' });
        expect(toNano(whole.total.cost_usd)).toBe(sum(inRange, ({ nano }) => nano));
        for (const row of stepped.rows) {
          const inStep = charges.filter(({ at }) => at >= row.from && at < row.to);
          expect(toNano(row.cost_usd)).toBe(sum(inStep, ({ nano }) => nano));
        }
      }
    }),
    { numRuns: 25 },
  );
});

test('what the roots cost with their sub-agents is what all cost', async () => {
  await fc.assert(
    fc.asyncProperty(history.chain(arrivals), async (batches) => {
      const team = await receive(batches);
      const { sessions } = await get(team, '/v1/sessions?limit=1000&sort=cost');
      const known = new Set(sessions.map(({ id }: Row) => id));
      const roots = sessions.filter(({ parent }: Row) => parent === null || !known.has(parent));
      const inclusive = sum(roots, ({ inclusive_cost_usd }: Row) => toNano(inclusive_cost_usd));
      expect(inclusive).toBe(toNano((await usage(team, '')).total.cost_usd));
      for (const session of sessions) {
        const children = sessions.filter(({ parent }: Row) => parent === session.id);
        const below = sum(children, ({ inclusive_cost_usd }: Row) => toNano(inclusive_cost_usd));
        expect(toNano(session.inclusive_cost_usd)).toBe(toNano(session.cost_usd) + below);
      }
    }),
    { numRuns: 25 },
  );
});

test('the folds made anew from the log are the folds as they were', async () => {
  await fc.assert(
    fc.asyncProperty(history.chain(arrivals), async (batches) => {
      const team = await receive(batches);
      const before = await stateOf(team);
      await team.rebuild();
      expect(await stateOf(team)).toEqual(before);
    }),
    { numRuns: 15 },
  );
});

test('so are they where prices were changed and applied to what had been charged', async () => {
  const cases = fc.tuple(history.chain(arrivals), fc.nat({ max: 8 }), fc.boolean(), fc.boolean());
  const rule = { kind: 'override', provider: 'anthropic', from: '2026-01-01T00:00:00Z' };
  const prices = { input: '1', output: '2' };
  const model = { id: 'model-1', match: { equals: 'model-1' }, prices: { input_mtok: 3, output_mtok: 4 } };
  await fc.assert(
    fc.asyncProperty(cases, async ([batches, cut, isRepriced, isTakenBack]) => {
      const team = await receive(batches.slice(0, cut));
      const { body } = await team.call('POST', '/v1/prices/rules', {
        ...rule,
        model: 'model-0',
        usd_per_million: prices,
      });
      await team.call('PUT', '/v1/prices/book?name=ours', [{ id: 'anthropic', models: [model] }]);
      for (const one of batches.slice(cut)) await team.call('POST', '/v1/events', one);
      if (isRepriced) await reprice(team, { from: '2026-01-01T00:00:00Z' });
      if (isTakenBack) {
        await team.call('DELETE', `/v1/prices/rules/${body.id}`);
        await team.call('DELETE', '/v1/prices/book');
      }
      const before = [await stateOf(team), (await team.call('GET', '/v1/prices')).body];
      await team.rebuild();
      expect([await stateOf(team), (await team.call('GET', '/v1/prices')).body]).toEqual(before);
    }),
    { numRuns: 15 },
  );
});

test('a session with its sub-agents costs by model what its entries come to', async () => {
  await fc.assert(
    fc.asyncProperty(history.chain(arrivals), async (batches) => {
      const team = await receive(batches);
      for (const { id, cost_usd, inclusive_cost_usd } of (await get(team, '/v1/sessions')).sessions) {
        const [own, all] = await Promise.all(
          ['own', 'inclusive'].map((scope) => usage(team, `session=${id}&scope=${scope}&group_by=model`)),
        );
        expect([own?.total.cost_usd, all?.total.cost_usd]).toEqual([cost_usd, inclusive_cost_usd]);
      }
    }),
    { numRuns: 15 },
  );
});

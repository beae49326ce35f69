import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { TestTeam } from './harness.ts';
import { arrivals, backfills, history, straight } from './history.ts';
import { readLog } from './oracle.ts';
import { get, receive, sessionsOf, usage, type Row } from './received.ts';
import { reprice } from './reprice.ts';
import { useRelay } from './setup.ts';

const VIEWS = [
  '',
  'group_by=member',
  'group_by=project,branch',
  'group_by=model,agent&step=day',
  'group_by=kind&step=hour',
  'group_by=state,basis',
  'group_by=session,kind&step=day',
  'group_by=session&scope=inclusive&step=day',
  'group_by=model&session=ses_1&scope=inclusive',
  'member=ann@example.com&state=kept',
];

const relay = useRelay();

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
      const tidy = await receive(await relay.team(), straight(facts));
      const wild = await receive(await relay.team(), batches, crashing);
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
      const [a, b] = [await receive(await relay.team(), one), await receive(await relay.team(), other)];
      expect(await charged(a)).toEqual(await charged(b));
      const before = await charged(a);
      await a.rebuild();
      expect(await charged(a)).toEqual(before);
    }),
    { numRuns: 25 },
  );
});

test('the folds made anew from the log are the folds as they were', async () => {
  await fc.assert(
    fc.asyncProperty(history.chain(arrivals), async (batches) => {
      const team = await receive(await relay.team(), batches);
      const before = await stateOf(team);
      await team.rebuild();
      expect(await stateOf(team)).toEqual(before);
    }),
    { numRuns: 15 },
  );
});

/** Of all that the histories hold, whenever this runs. */
const MODELS = '/v1/prices?from=2026-10-01';

test('so are they where prices were changed and applied to what had been charged', async () => {
  const cases = fc.tuple(history.chain(arrivals), fc.nat({ max: 8 }), fc.boolean(), fc.boolean());
  const rule = { kind: 'override', provider: 'anthropic', from: '2026-01-01T00:00:00Z' };
  const prices = { input: '1', output: '2' };
  const model = { id: 'model-1', match: { equals: 'model-1' }, prices: { input_mtok: 3, output_mtok: 4 } };
  await fc.assert(
    fc.asyncProperty(cases, async ([batches, cut, isRepriced, isTakenBack]) => {
      const team = await receive(await relay.team(), batches.slice(0, cut));
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
      const before = [await stateOf(team), (await team.call('GET', MODELS)).body];
      await team.rebuild();
      expect([await stateOf(team), (await team.call('GET', MODELS)).body]).toEqual(before);
    }),
    { numRuns: 15 },
  );
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { anyHistory, arrivals, history } from './history.ts';
import { chargesOf, copiesOf, isDiscarded, readLog, sum, toNano, type Charge } from './oracle.ts';
import { get, receive, sessionsOf, usage, type Row } from './received.ts';
import { useRelay } from './setup.ts';

const DAY = 24 * 3_600_000;
const ZONES = ['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia'];

const relay = useRelay();

/** What a charge is of, by the report that counts and whoever sent it. */
const VALUES = {
  member: ({ source }) => source.member,
  project: ({ source }) => source.project?.id ?? null,
  branch: ({ source }) => source.branch,
  host: ({ source }) => source.host,
  provider: ({ report }) => report.provider,
  model: ({ report }) => report.model,
  agent: ({ report }) => report.agent,
  kind: ({ report }) => report.kind,
  session: ({ session }) => session,
} as const satisfies Record<string, (charge: Charge) => unknown>;
const PAIRS = [
  ['member', 'model'],
  ['project', 'branch'],
  ['kind', 'agent'],
  ['host', 'provider'],
  ['session', 'model'],
] as const;
const TOKENS = ['input', 'output', 'reasoning', 'cache_read', 'cache_write'] as const;

function tokensOf(charges: readonly Charge[]) {
  return Object.fromEntries(
    TOKENS.map((name) => [name, charges.reduce((all, { report }) => all + report.tokens[name], 0)]),
  );
}

function figuresOf({ messages, tokens, cost_usd, reported_usd, copied_usd }: Row) {
  const [cost, reported, copied] = [cost_usd, reported_usd, copied_usd].map(toNano);
  return { messages, tokens, cost, reported, copied };
}

test('ledger, rollups and sessions are what the log comes to, by any dimension', async () => {
  const cases = history.chain(arrivals);
  await fc.assert(
    fc.asyncProperty(cases, async (batches) => {
      const team = await receive(await relay.team(), batches);
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

      const copies = copiesOf(log);
      for (const [first, second] of PAIRS) {
        const { rows } = await usage(team, `group_by=${first},${second}`);
        for (const row of rows) {
          const isIn = (charge: Charge) => [first, second].every((name) => VALUES[name](charge) === row[name]);
          const own = charges.filter(isIn);
          expect(figuresOf(row)).toEqual({
            messages: own.length,
            tokens: tokensOf(own),
            cost: sum(own, ({ nano }) => nano),
            reported: sum(own, ({ nano }) => nano),
            copied: sum(copies.filter(isIn), ({ nano }) => nano),
          });
        }
        expect(figuresOf(total)).toEqual({
          messages: charges.length,
          tokens: tokensOf(charges),
          cost: sum(rows, ({ cost_usd }: Row) => toNano(cost_usd)),
          reported: sum(rows, ({ reported_usd }: Row) => toNano(reported_usd)),
          copied: sum(copies, ({ nano }) => nano),
        });
      }

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

test('the steps of any zone, over clock changes and from any quarter of an hour, add up to the range, and it to the log', async () => {
  const edge = fc.option(fc.nat({ max: 95 }));
  const ranges = fc.record({
    zone: fc.constantFrom(...ZONES),
    from: fc.integer({ min: -2, max: 4 }),
    days: fc.nat({ max: 6 }),
    first: edge,
    last: edge,
    step: fc.constantFrom('hour', 'day', 'week', 'month'),
  });
  const cases = anyHistory.chain(({ start, facts }) =>
    fc.tuple(fc.constant(start), arrivals(facts), fc.array(ranges, { minLength: 4, maxLength: 4 })),
  );
  await fc.assert(
    fc.asyncProperty(cases, async ([start, batches, asked]) => {
      const team = await receive(await relay.team(), batches);
      const charges = chargesOf(await readLog(team));
      for (const { zone, from, days, first, last, step } of asked) {
        // A midnight in one zone and a moment may lie a day apart.
        const to = from + days + (first === null && last === null ? 0 : 2);
        const range = `from=${moment(start, from, first)}&to=${moment(start, to, last)}&zone=${zone}`;
        const stepped = await get(team, `/v1/usage?${range}&step=${step}`);
        const whole = await get(team, `/v1/usage?${range}`);
        const inRange = charges.filter(({ at }) => at >= whole.from && at < whole.to);
        // A step that has closed may have got what is no correction of the longer range.
        expect({ ...stepped.total, late_usd: '' }).toEqual({ ...whole.total, late_usd: '' });
        expect(toNano(whole.total.cost_usd)).toBe(sum(inRange, ({ nano }) => nano));
        expect(whole.total.tokens).toEqual(tokensOf(inRange));
        for (const row of stepped.rows) {
          const inStep = charges.filter(({ at }) => at >= row.from && at < row.to);
          expect(toNano(row.cost_usd)).toBe(sum(inStep, ({ nano }) => nano));
          expect(row.tokens).toEqual(tokensOf(inStep));
        }
      }
    }),
    { numRuns: 40 },
  );
});

/** A day so long after the start, as a date, which is a midnight in the zone, or as a quarter of an hour of it in UTC. */
function moment(start: number, days: number, quarter: number | null): string {
  const midnight = Math.floor(start / DAY) * DAY + days * DAY;
  const text = new Date(midnight + (quarter ?? 0) * (DAY / 96)).toISOString();
  return quarter === null ? text.slice(0, 10) : text;
}

test('what the roots cost with their sub-agents is what all cost', async () => {
  await fc.assert(
    fc.asyncProperty(history.chain(arrivals), async (batches) => {
      const team = await receive(await relay.team(), batches);
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

test('the trees of any range add up to it, each what its root has with all below it', async () => {
  const filters = fc.constantFrom('', '&member=bob@example.com', '&branch=main', '&model=model-1&state=kept');
  const ranges = fc.tuple(fc.integer({ min: 17, max: 21 }), fc.integer({ min: 1, max: 9 }));
  const cases = fc.tuple(history.chain(arrivals), ranges, filters);
  await fc.assert(
    fc.asyncProperty(cases, async ([batches, [from, days], filter]) => {
      const team = await receive(await relay.team(), batches);
      const range = `from=2026-11-${from}&to=2026-11-${from + days}${filter}`;
      const trees = await get(team, `/v1/usage?${range}&group_by=session&scope=inclusive`);
      const whole = await get(team, `/v1/usage?${range}`);
      expect(trees.total).toEqual(whole.total);
      const { sessions } = await get(team, '/v1/sessions?roots=true&limit=1000');
      const roots = new Set(sessions.map(({ id }: Row) => id));
      for (const { session, session_title: _, late_usd: __, ...row } of trees.rows) {
        expect(roots.has(session)).toBe(true);
        const tree = await get(team, `/v1/usage?${range}&session=${session}`);
        expect({ ...row, late_usd: '' }).toEqual({ ...tree.total, late_usd: '' });
      }
    }),
    { numRuns: 20 },
  );
});

test('a sum is null where an amount in it is unknown and nothing else comes to anything, and never otherwise', async () => {
  await fc.assert(
    fc.asyncProperty(history.chain(arrivals), async (batches) => {
      const team = await receive(await relay.team(), batches);
      const views = ['', 'group_by=basis', 'group_by=session,model&step=day', 'group_by=session&scope=inclusive'];
      const answers = await Promise.all(views.map((view) => usage(team, view)));
      const { sessions } = await get(team, '/v1/sessions');
      for (const row of [...answers.flatMap(({ total, rows }) => [total, ...rows]), ...sessions]) {
        const { cost_usd, unpriced_messages, list_usd, unlisted_messages } = row;
        expect(cost_usd === null).toBe(unpriced_messages > 0 && toNano(cost_usd) === 0n);
        expect(list_usd === null).toBe(unlisted_messages > 0 && toNano(list_usd) === 0n);
      }
    }),
    { numRuns: 15 },
  );
});

test('a session with its sub-agents costs by model what its entries come to', async () => {
  await fc.assert(
    fc.asyncProperty(history.chain(arrivals), async (batches) => {
      const team = await receive(await relay.team(), batches);
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

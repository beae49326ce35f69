import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { batch, event, message } from './builders.ts';
import { live, MODELS, step, tools, type Life, type Step } from './disk.ts';
import type { Reply, TestTeam } from './harness.ts';
import { arrivals, history } from './history.ts';
import { useRelay } from './setup.ts';

const relay = useRelay();

const TOKENS = { input: 1_000, output: 500, reasoning: 200, cache_read: 10_000, cache_write: 2_000 };

/** Amounts may be negative here. */
function nanoOf(usd: string): bigint {
  const [whole = '0', fraction = ''] = usd.replace('-', '').split('.');
  const size = BigInt(whole) * 10n ** 9n + BigInt(fraction.padEnd(9, '0'));
  return usd.startsWith('-') ? -size : size;
}

function end(cost: string, causes: readonly { usd: string }[]): bigint {
  return causes.reduce((total, { usd }) => total + nanoOf(usd), nanoOf(cost));
}

test('each figure of another tool is what counts here, cause by cause', async () => {
  const team = await relay.team();
  await team.call('POST', '/v1/prices/rules', { kind: 'plan', provider: 'openai' });
  await team.call(
    'POST',
    '/v1/events',
    batch([
      message(1, { cost_usd: '1' }),
      message(2, { cost_usd: '2', kind: 'subagent' }),
      message(3, { provider: 'anthropic', model: 'claude-sonnet-4-5', cost_usd: '0', tokens: TOKENS }),
      message(4, { provider: 'openai', cost_usd: '4' }),
      message(5, { cost_usd: '8', copied: true }),
      message(6, { cost_usd: '16' }),
      event(7, 'message.removed', { message: 'msg_6' }),
      message(8, { provider: 'acme', cost_usd: '0' }),
    ]),
  );
  const { body } = await team.call('GET', '/v1/reconcile?from=2026-11-20&to=2026-11-21');
  expect(body).toMatchObject({
    cost_usd: '19.024',
    reported_usd: '23',
    tools: [
      { tool: 'opencode stats', usd: '15' },
      // By its own price, which may differ from the book's.
      { tool: 'ccusage', usd: '15.024' },
      { tool: 'tokscale', usd: '7' },
    ],
    of_which: { subagents_usd: '2' },
    not_known: { unpriced_messages: 1 },
  });
});

/** The team's own prices are those of the disk's tools. */
async function priced(): Promise<TestTeam> {
  const team = await relay.team();
  for (const [model, { cents, isPlan }] of Object.entries(MODELS)) {
    if (cents === null) continue;
    const price = (cents * 10).toString();
    const prices = { kind: 'override', from: '2026-01-01T00:00:00Z', usd_per_million: { input: price, output: '0' } };
    await team.call('POST', '/v1/prices/rules', { ...prices, provider: 'acme', model });
    if (isPlan) await team.call('POST', '/v1/prices/rules', { kind: 'plan', provider: 'acme', model });
  }
  return team;
}

/** In cents. */
async function figures({ events }: Life): Promise<Record<string, number>> {
  const team = await priced();
  if (events.length > 0) await team.call('POST', '/v1/events', batch(events));
  const { body } = await team.call('GET', '/v1/reconcile?from=2026-11-20&to=2026-11-21');
  const told = body.tools.map(({ tool, usd }: { tool: string; usd: string }) => [tool, Number(nanoOf(usd)) / 1e7]);
  return Object.fromEntries(told);
}

const work = { kind: 'work', session: 0, row: 0, used: { model: 'listed', cost: 100 }, tokens: 1_000 } as const;
const costless = (model: keyof typeof MODELS): Step => ({ ...work, used: { model, cost: 0 } });
const fork = { ...work, kind: 'fork' } as const;

test.each<[string, readonly Step[]]>([
  ['a fork', [work, fork]],
  ['a fork that was deleted', [work, fork, { ...work, kind: 'delete', session: 1 }]],
  ['a fork whose copies were reverted', [work, work, fork, { ...work, kind: 'revert', session: 1, row: 1 }]],
  ['a fork whose original was deleted', [work, fork, { ...work, kind: 'delete' }]],
  ['two forks whose original was reverted', [work, fork, fork, { ...work, kind: 'revert' }]],
  ['what OpenCode stored no cost for', (['listed', 'planned', 'unknown'] as const).map(costless)],
])('the figures are those of the disk: %s', async (_, steps) => {
  const life = live(steps);
  expect(await figures(life)).toEqual(tools(life.rows));
});

test('the figures are those of the disk, whatever was done', async () => {
  const lives = fc.array(step, { maxLength: 25, size: 'max' }).map(live);
  await fc.assert(
    fc.asyncProperty(lives, async (life) => {
      expect(await figures(life)).toEqual(tools(life.rows));
    }),
    { numRuns: 25 },
  );
});

test('the causes add up, whatever happened', async () => {
  await fc.assert(
    fc.asyncProperty(history.chain(arrivals), async (batches) => {
      const team = await relay.team();
      for (const one of batches) await team.call('POST', '/v1/events', one);
      const { body }: Reply = await team.call('GET', '/v1/reconcile?from=2026-11-17&to=2026-11-30');
      expect(end(body.cost_usd, body.causes)).toBe(nanoOf(body.reported_usd));
      for (const { usd, causes } of body.tools) expect(end(body.cost_usd, causes)).toBe(nanoOf(usd));
    }),
    { numRuns: 10 },
  );
});

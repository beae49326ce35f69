import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { batch, event, message } from './builders.ts';
import { startTestRelay, type Reply, type TestRelay } from './harness.ts';
import { arrivals, history } from './history.ts';

let relay: TestRelay;
beforeAll(async () => {
  relay = await startTestRelay();
});
afterAll(() => relay.close());

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
      { tool: 'opencode stats, ccusage', usd: '15' },
      { tool: 'tokscale', usd: '7' },
    ],
    of_which: { subagents_usd: '2' },
    not_known: { unpriced_messages: 1 },
  });
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

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { call, startTestRelay, type TestRelay, type TestTeam } from './harness.ts';
import { nasty, pathsOf, replaced, verdict } from './nasty.ts';

let relay: TestRelay;
let team: TestTeam;
beforeAll(async () => {
  relay = await startTestRelay();
  team = await relay.team();
});
afterAll(() => relay.close());

/** As they stand in the table of routes, so that none is forgotten. */
const APP = readFileSync(join(import.meta.dirname, '..', '..', 'worker', 'app.ts'), 'utf8');
const TAKING = [...APP.matchAll(/^app\.(post|put|patch)\('(\/v1\/[^']+)', (needsRoot)?/gm)].map(
  ([, method = '', path = '', root]) => ({ method: method.toUpperCase(), path, isRoot: root !== undefined }),
);

/** What each might take, to have one field of it wrong. */
const FORMS: readonly object[] = [
  { kind: 'webhook', url: 'http://127.0.0.1:9/', events: ['*'], where: { member: 'a' }, delivery: { timeout_s: 1 } },
  { kind: 'pull', name: 'p', after: 0 },
  { after: 0, dry_run: true },
  { since: '2026-11-20T00:00:00Z', until: '2026-11-21T00:00:00Z', missing: true },
  { overlap_hours: 1, signing: 'v1a' },
  { last: 5, where: { cost_usd: { $gt: '1' } } },
  { upto: 1 },
  { scope: 'read', name: 'n' },
  {
    kind: 'override',
    provider: 'p',
    model: 'm',
    from: '2026-11-20T00:00:00Z',
    usd_per_million: { input: '1', output: '2' },
  },
  { kind: 'alias', provider: 'p', model: 'm', as: { provider: 'anthropic', model: 'claude-sonnet-4-5' } },
  { kind: 'plan', provider: 'p', model: null },
  { from: '2026-11-20T00:00:00Z', to: '2026-11-21T00:00:00Z', dry_run: true },
  { period: 'day', limit_usd: '5', scope: { by: 'member', value: 'm' }, thresholds: [50], action: 'warn', name: 'n' },
  { name: 'n', zone: 'UTC', digests: { daily: true, weekly: false, hour: 9, weekday: 1 } },
  { log_days: 30, attempt_days: 30 },
];

test('any JSON at all is answered with 2xx or a problem, on every route that takes JSON', async () => {
  const { body } = await team.call('POST', '/v1/endpoints', { kind: 'pull' });
  expect([TAKING.length > 20, typeof body.endpoint.id]).toEqual([true, 'string']);
  const ids = fc.constantFrom('x', body.endpoint.id, '..%2f', '%00');
  const spoilt = fc
    .constantFrom(...FORMS)
    .chain((form) => fc.tuple(fc.constantFrom(...pathsOf(form)), nasty).map(([path, by]) => replaced(form, path, by)));
  const asked = fc.tuple(fc.constantFrom(...TAKING), ids, fc.oneof(nasty, spoilt));
  await fc.assert(
    fc.asyncProperty(asked, async ([{ method, path, isRoot }, id, value]) => {
      const token = isRoot ? relay.relay.rootToken : team.token;
      const text = JSON.stringify(value) ?? 'null';
      const reply = await call(relay.relay.url, token, method, path.replace(/:\w+/, id), text);
      expect([method, path, text, verdict(reply)]).toEqual([method, path, text, 'good']);
    }),
    { numRuns: 800 },
  );
});

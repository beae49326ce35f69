import { afterAll, beforeAll, expect, test } from 'vitest';

import { batch, message, source } from './builders.ts';
import { startTestRelay, type TestRelay } from './harness.ts';

let relay: TestRelay;
beforeAll(async () => {
  relay = await startTestRelay();
});
afterAll(() => relay.close());

const RANGE = 'from=2026-11-20&to=2026-11-21';

test.each([
  ['basis=zzz', 'basis: must be one of reported, list, plan, free, unpriced, got zzz'],
  ['kind=agent', 'kind: must be one of chat, compaction, subagent, got agent'],
  ['state=deleted', 'state: must be one of kept, discarded, copied, got deleted'],
])('%s is refused and not taken for spend of nothing', async (query, words) => {
  const team = await relay.team();
  const { status, body } = await team.call('GET', `/v1/usage?${RANGE}&${query}`);
  expect([status, body.detail]).toEqual([400, expect.stringContaining(words)]);
});

test.each([
  ...['member', 'project', 'branch', 'town', 'kind', 'basis', 'state', 'session'].map(
    (name) => ['usage', name] as const,
  ),
  ...['member', 'project', 'status', 'parent', 'tree'].map((name) => ['sessions', name] as const),
  ...['session', 'member', 'project'].map((name) => ['events', name] as const),
])('of %s an empty %s is refused and not taken for all of them', async (route, name) => {
  const team = await relay.team();
  const { status, body } = await team.call('GET', `/v1/${route}?${name}=`);
  expect([status, body.detail]).toEqual([400, `${name}: must not be empty: leave it out for all of them`]);
});

test('a project that was renamed is found whole by either of its names, and no other with it', async () => {
  const team = await relay.team();
  const projects = [
    { id: 'f00d', name: 'acme/old' },
    { id: 'f00d', name: 'acme/new' },
    { id: 'beef', name: 'acme/other' },
  ];
  for (const [index, project] of projects.entries()) {
    const spent = message(1, { cost_usd: '1' }, { session: `ses_${index}` });
    await team.call('POST', '/v1/events', batch([spent], { source: source({ id: `src_${index}`, project }) }));
  }
  for (const name of ['f00d', 'acme/old', 'acme/new']) {
    const usage = await team.call('GET', `/v1/usage?${RANGE}&project=${name}`);
    expect([name, usage.body.total.cost_usd]).toEqual([name, '2']);
    const sessions = await team.call('GET', `/v1/sessions?project=${name}&sort=cost`);
    expect([name, sessions.body.sessions.map(({ id }: { id: string }) => id)]).toEqual([name, ['ses_0', 'ses_1']]);
  }
});

import { describe, expect, test } from 'vitest';

import type { TestTeam } from './harness.ts';
import { useRelay } from './setup.ts';
import { addBudget, atNoon, DAY, said, spend } from './spend.ts';

const HOUR = 3_600_000;

const relay = useRelay();

/** In the team's zone it is between noon and one. */
async function teamAtNoon(digests: object): Promise<TestTeam> {
  const team = await relay.team();
  await atNoon(team);
  const { body } = await team.call('PATCH', '/v1/team', { digests });
  expect(body.digests).toMatchObject(digests);
  return team;
}

describe('a daily digest', () => {
  test('comes at its hour with the day before, once', async () => {
    const team = await teamAtNoon({ daily: true, hour: 13 });
    const yesterday = Date.now() - DAY;
    await spend(
      team,
      { usd: '6', at: yesterday },
      { usd: '2', at: yesterday, source: { member: 'bob', project: null }, model: 'small' },
      { usd: '0', at: yesterday, provider: 'nobody', model: 'unheard-of' },
      { usd: '4', at: yesterday - DAY },
      { usd: '100' },
    );
    await addBudget(team, { name: 'all', limit_usd: '1000' });
    await team.advance(HOUR);
    const [digest, ...more] = await said(team, 'digest.daily');
    expect(more).toEqual([]);
    expect(digest).toMatchObject({
      cost_usd: '8',
      messages: 3,
      before_usd: '4',
      change_percent: 100,
      members: [
        { member: 'ann@example.com', cost_usd: '6' },
        { member: 'bob', cost_usd: '2' },
      ],
      projects: [
        { project: 'f00d', project_name: 'example.com/acme/app', cost_usd: '6' },
        { project: null, cost_usd: '2' },
      ],
      models: [
        { model: 'claude-opus-4-6', cost_usd: '6' },
        { model: 'small', cost_usd: '2' },
      ],
      discarded_usd: '0',
      unpriced: [{ provider: 'nobody', model: 'unheard-of', messages: 1 }],
      budgets: [{ name: 'all', limit_usd: '1000' }],
    });
    expect(Date.parse(digest.to) - Date.parse(digest.from)).toBe(DAY);
    await team.advance(6 * HOUR);
    expect(await said(team, 'digest.daily')).toHaveLength(1);
    await team.advance(18 * HOUR);
    const [, next] = await said(team, 'digest.daily');
    expect(next).toMatchObject({ from: digest.to, cost_usd: '100', before_usd: '8', corrections_usd: '12' });
  });

  test('is made up for each day that nobody was there', async () => {
    const team = await teamAtNoon({ daily: true, hour: 13 });
    await team.advance(3 * DAY + HOUR);
    const days = (await said(team, 'digest.daily')).map(({ from }) => from);
    expect(days).toHaveLength(4);
    expect(new Set(days).size).toBe(4);
  });

  test('is not lost and does not come twice when the hour is moved', async () => {
    const team = await teamAtNoon({ daily: true, hour: 13 });
    await team.call('PATCH', '/v1/team', { digests: { hour: 3 } });
    await team.advance(HOUR);
    expect(await said(team, 'digest.daily')).toHaveLength(1);
    await team.call('PATCH', '/v1/team', { digests: { hour: 16 } });
    await team.advance(4 * HOUR);
    expect(await said(team, 'digest.daily')).toHaveLength(1);
    await team.advance(DAY);
    expect(await said(team, 'digest.daily')).toHaveLength(2);
  });

  test('does not come unless the team wants it', async () => {
    const team = await teamAtNoon({ daily: true });
    const { body } = await team.call('PATCH', '/v1/team', { digests: { daily: false } });
    expect(body.tasks).toEqual([]);
    await team.advance(3 * DAY);
    expect(await said(team, 'digest.*')).toEqual([]);
  });
});

test('a weekly digest comes on its weekday with the ISO week before', async () => {
  const team = await teamAtNoon({ weekly: true, weekday: 3, hour: 8 });
  await team.advance(7 * DAY);
  const [digest, ...more] = await said(team, 'digest.weekly');
  expect(more).toEqual([]);
  expect(Date.parse(digest.to) - Date.parse(digest.from)).toBe(7 * DAY);
  const { zone, tasks } = (await team.call('GET', '/v1/team')).body;
  const weekday = new Intl.DateTimeFormat('en', { timeZone: zone, weekday: 'long', hour: 'numeric' });
  expect(weekday.format(new Date(digest.from))).toMatch(/Monday/);
  expect(tasks).toMatchObject([{ name: 'weekly', reason: null }]);
  expect(weekday.format(new Date(tasks[0].due_at))).toMatch(/Wednesday.* 8/);
});

test.each([
  [{ digests: { hour: 24 } }, 'digests.hour'],
  [{ digests: { weekday: 0 } }, 'digests.weekday'],
  [{ digests: { daily: 'yes' } }, 'digests.daily'],
  [{ zone: 'Mars/Olympus' }, 'zone'],
  [{ id: 'other' }, 'id'],
])('a team is not changed by %j', async (given, field) => {
  const team = await relay.team();
  const { status, body } = await team.call('PATCH', '/v1/team', given);
  expect(status).toBe(400);
  expect(body.detail).toContain(field);
});

test('a new name is the name in the list of teams too', async () => {
  const team = await relay.team();
  expect((await team.call('PATCH', '/v1/team', { name: 'The Team' })).body.name).toBe('The Team');
  const response = await fetch(new URL('/v1/teams', relay.relay.url), {
    headers: { authorization: `Bearer ${relay.relay.rootToken}` },
  });
  const { teams } = (await response.json()) as { teams: { id: string; name: string }[] };
  expect(teams.find(({ id }) => id === team.id)?.name).toBe('The Team');
});

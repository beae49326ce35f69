import { expect, test } from 'vitest';

import { batch, event, source } from './builders.ts';
import { useRelay } from './setup.ts';
import { atNoon, DAY, said, spend, type Spend } from './spend.ts';

const HOUR = 3_600_000;

const relay = useRelay();

/** Each day before today, in sessions of its own. */
function usual(days: number, usd: string, given: Partial<Spend> = {}): Spend[] {
  return Array.from({ length: days }, (_, at) => ({
    usd,
    at: Date.now() - (at + 1) * DAY,
    session: `ses_day_${at}`,
    ...given,
  }));
}

test('a day of a member and of a project far above the days before is said once, with the rule and the norm', async () => {
  const team = await relay.team();
  await atNoon(team);
  await spend(team, ...usual(8, '10'), { usd: '25' });
  await team.advance(HOUR);
  expect(await said(team, 'anomaly.detected')).toEqual([]);
  // Another member's day alike is no anomaly of theirs: nobody knows what is usual with them.
  await spend(team, { usd: '20' }, { usd: '45', source: { member: 'new', project: null } });
  await team.advance(HOUR);
  const found = await said(team, 'anomaly.detected');
  expect(found).toMatchObject([
    {
      rule: 'member.day',
      subject: { by: 'member', value: 'ann@example.com' },
      spent_usd: '45',
      norm_usd: '10',
      bound_usd: '30',
      days: 28,
      samples: 8,
    },
    { rule: 'project.day', subject: { by: 'project', value: 'f00d', name: 'example.com/acme/app' }, spent_usd: '45' },
  ]);
  expect(Date.parse(found[0].to) - Date.parse(found[0].from)).toBe(DAY);
  await spend(team, { usd: '50' });
  await team.advance(HOUR);
  expect(await said(team, 'anomaly.detected')).toHaveLength(2);
});

test('what was spent in the last hour of a day is judged after its end', async () => {
  const team = await relay.team();
  await atNoon(team);
  await spend(team, ...usual(8, '10'), { usd: '95' });
  await team.advance(13 * HOUR);
  expect(await said(team, 'anomaly.detected')).toHaveLength(2);
});

test('a session far above its member’s others is said with what its sub-agents spent', async () => {
  const team = await relay.team();
  await atNoon(team);
  const others = usual(10, '2', { source: { project: null } });
  const child = event(
    1,
    'session.created',
    { parent: 'ses_root', created_at: new Date().toISOString(), title: null },
    { session: 'ses_child', time: new Date().toISOString() },
  );
  await team.call('POST', '/v1/events', batch([child], { source: source({ id: 'src_child' }) }));
  await spend(team, ...others, { usd: '1', session: 'ses_root' });
  await team.advance(HOUR);
  expect(await said(team, 'anomaly.detected')).toEqual([]);
  await spend(team, { usd: '20', session: 'ses_child' });
  await team.advance(HOUR);
  const sessions = (await said(team, 'anomaly.detected')).filter(({ rule }) => rule === 'session');
  expect(sessions).toMatchObject([
    {
      subject: { by: 'session', value: 'ses_root', member: 'ann@example.com' },
      spent_usd: '21',
      norm_usd: '2',
      samples: 10,
    },
  ]);
});

test('a session whose parent nobody ever heard of is judged like any other, one that names itself too', async () => {
  const team = await relay.team();
  await atNoon(team);
  const time = new Date().toISOString();
  const orphans = [
    ['ses_orphan', 'ses_lost'],
    ['ses_self', 'ses_self'],
  ].map(([session = '', parent = ''], index) =>
    event(index + 1, 'session.created', { parent, created_at: time, title: null }, { session, time }),
  );
  await team.call('POST', '/v1/events', batch(orphans, { source: source({ id: 'src_orphans' }) }));
  await spend(team, ...usual(10, '2', { source: { project: null } }));
  await spend(team, { usd: '20', session: 'ses_orphan' }, { usd: '30', session: 'ses_self' });
  await team.advance(HOUR);
  const sessions = (await said(team, 'anomaly.detected')).filter(({ rule }) => rule === 'session');
  expect(sessions.map(({ subject, spent_usd }) => [subject.value, spent_usd])).toEqual([
    ['ses_orphan', '20'],
    ['ses_self', '30'],
  ]);
});

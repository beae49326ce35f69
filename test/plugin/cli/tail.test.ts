import { expect, it } from 'vitest';

import { event, following } from './follow.ts';

const turn = {
  cost_usd: '0.042',
  completed_at: '2026-11-22T23:14:00.000Z',
  provider: 'anthropic',
  model: 'claude-opus-4-6',
  agent: 'build',
  error: null,
};

it('an event is a line: when, what, who, where, in which session, and what is to be said of it', async () => {
  const { code, stdout, stderr } = await following(
    ['tail'],
    [
      [
        event(1, 'session.idle'),
        event(2, 'message.updated', turn),
        event(3, 'message.updated', { ...turn, completed_at: null, error: { name: 'APIError', status: 529 } }),
        event(4, 'session.error', { error: { name: 'ProviderAuthError', status: null } }),
        event(5, 'permission.asked', { request: 'per_1', permission: 'bash', at: {}, asked_at: 'never' }),
      ],
      [
        event(
          6,
          'budget.threshold',
          { percent: 90, name: 'All' },
          { session: null, source: { member: 'relay', project: null } },
        ),
        event(7, 'session.idle', {}, { timestamp: '2026-11-23T00:00:01.000Z' }),
      ],
    ],
  );
  expect([code, stderr]).toEqual([0, '']);
  expect(`\n${stdout}`).toMatchInlineSnapshot(`
    "
    23:14:01  session.idle        ann@example.com  github.com/acme/app  ses_1
    23:14:02  message.updated     ann@example.com  github.com/acme/app  ses_1  $0.04  anthropic/claude-opus-4-6  build
    23:14:03  message.updated     ann@example.com  github.com/acme/app  ses_1  $0.04 so far  anthropic/claude-opus-4-6  build  APIError 529
    23:14:04  session.error       ann@example.com  github.com/acme/app  ses_1  ProviderAuthError
    23:14:05  permission.asked    ann@example.com  github.com/acme/app  ses_1  request=per_1  permission=bash
    23:14:06  budget.threshold    relay  percent=90  name=All
    ── 2026-11-23 ──
    00:00:01  session.idle        ann@example.com  github.com/acme/app  ses_1
    "
  `);
});

it('what others wrote is on one line and obeyed by no terminal', async () => {
  const evil = 'a\u001B[2J\u202E\nb';
  const { stdout } = await following(
    ['tail'],
    [[event(1, evil, { [evil]: evil }, { session: evil, source: { member: evil, project: { id: evil } } })]],
  );
  expect(stdout.split('\n')).toHaveLength(2);
  // oxlint-disable-next-line no-control-regex -- what a terminal would obey
  expect(stdout.slice(0, -1)).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u202E]/);
});

it('colours are for a terminal alone', async () => {
  const pages = [[event(1, 'session.error')]];
  const env = { GASLINE_URL: 'https://relay.example.com/team', GASLINE_READ_TOKEN: 'gl_read', HOME: '/nowhere' };
  expect((await following(['tail'], pages)).stdout).not.toContain('\u001B');
  expect((await following(['tail'], pages, { isTTY: true })).stdout).toContain('\u001B[33msession.error\u001B[39m');
  const plain = await following(['tail'], pages, { isTTY: true, env: { ...env, NO_COLOR: '1' } });
  expect(plain.stdout).not.toContain('\u001B');
});

it('--json is each event whole, on a line of its own', async () => {
  const events = [
    event(1, 'session.idle', { text: 'a\u009B2J\u2028b' }),
    event(2, 'custom.type', { deep: [1, { a: null }] }),
  ];
  const { stdout } = await following(['tail', '--json'], [events]);
  expect(stdout).not.toMatch(/[\u009B\u2028]/);
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(events);
});

it('asks from now on for what was asked for, and then from where it was', async () => {
  const words = [
    'tail',
    '--json',
    '-e',
    'session.*,custom.x',
    '--member',
    'ann',
    '--project',
    'app',
    '--session',
    'ses_1',
  ];
  const { asked } = await following(words, [[event(41, 'session.idle')], []]);
  const filter = 'type=session.*%2Ccustom.x&member=ann&project=app&session=ses_1&wait=30&limit=500';
  expect(asked.map(({ path }) => path)).toEqual([
    '/team/v1/team',
    `/team/v1/events?${filter}&after=40`,
    `/team/v1/events?${filter}&after=41`,
    `/team/v1/events?${filter}&after=41`,
  ]);
  expect(new Set(asked.map(({ token }) => token))).toEqual(new Set(['Bearer gl_read']));
});

it.each([
  ['15m', '2026-11-22T23:15:00.000Z'],
  ['2h', '2026-11-22T21:30:00.000Z'],
  ['3d', '2026-11-19T23:30:00.000Z'],
  ['2026-11-22', '2026-11-22T00:00:00.000Z'],
  ['2026-11-22T09:00:00+01:00', '2026-11-22T08:00:00.000Z'],
])('--since %s begins there', async (since, time) => {
  const { asked } = await following(['tail', '--json', '--since', since], [[event(1, 'session.idle')]]);
  const from = asked.map(({ path }) => new URL(path, 'http://relay').searchParams);
  expect(from.map((query) => [query.get('since'), query.get('after')])).toEqual([
    [time, null],
    [null, '41'],
  ]);
});

it.each(['soon', '5', '2026-11-22T09:00', '2026-13-01', '99999m'])('--since %s is misused', async (since) => {
  const { code, stderr, asked } = await following(['tail', '--json', '--since', since], []);
  expect([code, asked]).toEqual([2, []]);
  expect(stderr).toMatch(/^gasline tail: --since must be a time such as [^\n]*\n$/);
});

it('a relay that is away for a while is waited for, and said to be once', async () => {
  const away = { status: 503, detail: 'try again in a few seconds' };
  const { code, stdout, stderr, asked } = await following(
    ['tail', '--json'],
    [[event(41, 'session.idle')], away, away, [event(42, 'session.idle')]],
  );
  expect(code).toBe(0);
  expect(stderr).toBe('try again in a few seconds; trying again until it answers\nthe relay answers again\n');
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).seq),
  ).toEqual([41, 42]);
  expect(asked.slice(2, 5).map(({ path }) => new URL(path, 'http://relay').searchParams.get('after'))).toEqual([
    '41',
    '41',
    '41',
  ]);
});

it.each([
  [{ status: 401, detail: 'ask an admin' }, /the token \(GASLINE_READ_TOKEN\) is refused: ask an admin/],
  [{ status: 400, detail: 'type: must be event types' }, /type: must be event types/],
  [[{ id: 1 }], /a form not known here/],
])('ends where the relay refuses for good: %j', async (page, line) => {
  const { code, stderr } = await following(['tail', '--json'], [page]);
  expect([code, stderr.split('\n').length]).toEqual([1, 2]);
  expect(stderr).toMatch(line);
});

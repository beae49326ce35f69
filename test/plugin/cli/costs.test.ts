import { expect, it } from 'vitest';

import { width } from '../../../plugin/cli/text.ts';
import { gasline } from './console.ts';
import { day, row, usage } from './usage.ts';

const DAYS = usage(
  [day('2026-11-20', { cost_usd: '1234.565' }), day('2026-11-21', { cost_usd: '0.000000001', tokens: 7 })],
  { cost_usd: '1234.565000001', list_usd: '1300', messages: 24, tokens: 1_234_574 },
);

/** The table as it stands in the terminal, without the spaces at the ends of lines that an editor would take away. */
async function shown(words: readonly string[], body: object, columns: number | null, more: object = body) {
  const { code, stdout } = await gasline(
    ['costs', ...words],
    (url) => ({
      body: url.searchParams.get('group_by') === 'provider,model' ? more : body,
    }),
    { columns },
  );
  expect(code).toBe(0);
  for (const line of stdout.split('\n')) expect(width(line)).toBeLessThanOrEqual(columns ?? Infinity);
  return `\n${stdout}`;
}

it('200 columns hold every figure', async () => {
  expect(await shown([], DAYS, 200)).toMatchInlineSnapshot(`
    "
    Costs by day, 2026-11-01 to 2026-11-30, UTC

    Day         Messages      Input  Output  Reasoning  Cache write  Cache read      Tokens  List price       Cost
    ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
    2026-11-20        12  1,234,567  45,678         90        3,210  12,345,678  13,629,223   $1,234.57  $1,234.57
    2026-11-21        12          7  45,678         90        3,210  12,345,678  12,394,663      <$0.01     <$0.01
    ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
    Total             24  1,234,574  45,678         90        3,210  12,345,678  13,629,230   $1,300.00  $1,234.57
    "
  `);
});

it('120 columns too, where the figures are of this size', async () => {
  expect(await shown([], DAYS, 120)).toMatchInlineSnapshot(`
    "
    Costs by day, 2026-11-01 to 2026-11-30, UTC

    Day         Messages      Input  Output  Reasoning  Cache write  Cache read      Tokens  List price       Cost
    ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
    2026-11-20        12  1,234,567  45,678         90        3,210  12,345,678  13,629,223   $1,234.57  $1,234.57
    2026-11-21        12          7  45,678         90        3,210  12,345,678  12,394,663      <$0.01     <$0.01
    ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
    Total             24  1,234,574  45,678         90        3,210  12,345,678  13,629,230   $1,300.00  $1,234.57
    "
  `);
});

it('80 columns leave out what matters least, and say so', async () => {
  expect(await shown([], DAYS, 80)).toMatchInlineSnapshot(`
    "
    Costs by day, 2026-11-01 to 2026-11-30, UTC

    Day         Messages      Input  Output  Cache read      Tokens       Cost
    ──────────────────────────────────────────────────────────────────────────
    2026-11-20        12  1,234,567  45,678  12,345,678  13,629,223  $1,234.57
    2026-11-21        12          7  45,678  12,345,678  12,394,663     <$0.01
    ──────────────────────────────────────────────────────────────────────────
    Total             24  1,234,574  45,678  12,345,678  13,629,230  $1,234.57
    No room for: reasoning, cache write, list price.
    "
  `);
});

it('40 columns hold the day and what it cost', async () => {
  expect(await shown([], DAYS, 40)).toMatchInlineSnapshot(`
    "
    Costs by day, 2026-11-01 to 2026-11-30,
    UTC

    Day             Tokens       Cost
    ─────────────────────────────────
    2026-11-20  13,629,223  $1,234.57
    2026-11-21  12,394,663     <$0.01
    ─────────────────────────────────
    Total       13,629,230  $1,234.57
    No room for: messages, input, output,
      reasoning, cache write, cache read,
      list price.
    "
  `);
});

const MEMBERS = usage(
  [
    row({ member: '李小龍', model: 'claude-opus-4-6-20260101-thinking', cost_usd: '20' }),
    row({ member: '👩‍💻 Zoë', model: 'gpt\u001B[31m-6', cost_usd: '3.2', unpriced_messages: 2 }),
    row({ member: null, model: 'm1', cost_usd: null, unpriced_messages: 12 }),
  ],
  { cost_usd: '23.2', list_usd: '23.2', messages: 36, unpriced_messages: 14, discarded_usd: '3.2', late_usd: '0.004' },
);
const UNPRICED = usage([
  row({ provider: 'acme', model: 'm1', unpriced_messages: 13 }),
  row({ provider: 'openai', model: 'gpt\u001B[31m-6', unpriced_messages: 1 }),
  row({ provider: 'openai', model: 'gpt-5' }),
]);

it('wide characters and emoji keep the columns straight; what a total hides stands below', async () => {
  expect(await shown(['--by', 'member,model'], MEMBERS, 80, UNPRICED)).toMatchInlineSnapshot(`
    "
    Costs by member and model, 2026-11-01 to 2026-11-30, UTC

    Member  Model                              Input  Output      Tokens    Cost
    ────────────────────────────────────────────────────────────────────────────────
    李小龍  claude-opus-4-6-202…-thinking  1,234,567  45,678  13,629,223  $20.00
    👩‍💻 Zoë  gpt-6                          1,234,567  45,678  13,629,223   $3.20 + ?
    –       m1                             1,234,567  45,678  13,629,223    unpriced
    ────────────────────────────────────────────────────────────────────────────────
    Total                                  1,234,567  45,678  13,629,223  $23.20 + ?
    No room for: messages, reasoning, cache write, cache read.

    13 messages of acme/m1 have no known price: not in the total.
    1 message of openai/gpt-6 has no known price: not in the total.
    $3.20 of it went into work that was reverted or deleted.
    <$0.01 of it arrived more than an hour after its period had ended.
    "
  `);
});

it('a compact table holds tokens and cost alone', async () => {
  expect(await shown(['--by', 'member,model', '--compact'], MEMBERS, 120, UNPRICED)).toMatchInlineSnapshot(`
    "
    Costs by member and model, 2026-11-01 to 2026-11-30, UTC

    Member  Model                                  Tokens    Cost
    ─────────────────────────────────────────────────────────────────
    李小龍  claude-opus-4-6-20260101-thinking  13,629,223  $20.00
    👩‍💻 Zoë  gpt-6                              13,629,223   $3.20 + ?
    –       m1                                 13,629,223    unpriced
    ─────────────────────────────────────────────────────────────────
    Total                                      13,629,223  $23.20 + ?

    13 messages of acme/m1 have no known price: not in the total.
    1 message of openai/gpt-6 has no known price: not in the total.
    $3.20 of it went into work that was reverted or deleted.
    <$0.01 of it arrived more than an hour after its period had ended.
    "
  `);
});

it('names under a period stand below its sum, the dearest first, the rest in one row', async () => {
  const rows = ['ann', 'bob', 'cid'].flatMap((member) => day('2026-11-20', { member, cost_usd: '2' }));
  const body = usage([...rows, day('2026-11-21', { member: 'ann', cost_usd: '1' })], { cost_usd: '7' });
  expect(await shown(['--by', 'member', '--step', 'day', '--limit', '1', '--compact'], body, 60))
    .toMatchInlineSnapshot(`
    "
    Costs by day and member, 2026-11-01 to 2026-11-30, UTC

    Day / member      Tokens   Cost
    ───────────────────────────────
    2026-11-20    40,887,669  $6.00
      ann         13,629,223  $2.00
      2 more      27,258,446  $4.00
    2026-11-21    13,629,223  $1.00
      ann         13,629,223  $1.00
    ───────────────────────────────
    Total         13,629,223  $7.00
    "
  `);
});

it('the hour that clocks go back to is told from the one before', async () => {
  const hours = ['2026-10-25T00:00:00Z', '2026-10-25T01:00:00Z', '2026-10-25T02:00:00Z'].map((from) =>
    row({ from, to: from }),
  );
  const body = usage(hours, {}, { zone: 'Europe/Berlin' });
  expect(await shown(['--step', 'hour', '--compact'], body, 80)).toMatchInlineSnapshot(`
    "
    Costs by hour, 2026-11-01 to 2026-12-01, Europe/Berlin

    Hour                     Tokens   Cost
    ──────────────────────────────────────
    2026-10-25 02:00+02  13,629,223  $1.50
    2026-10-25 02:00+01  13,629,223  $1.50
    2026-10-25 03:00     13,629,223  $1.50
    ──────────────────────────────────────
    Total                13,629,223  $1.50
    "
  `);
});

it('a day is never shortened, however long the names below it are', async () => {
  const rows = [day('2026-11-20', { member: 'x'.repeat(60), model: 'y'.repeat(60), cost_usd: '9999999' })];
  const table = await shown(['--by', 'member,model', '--step', 'day'], usage(rows), 40);
  expect(table).toMatch(/^2026-11-20 .*\$9,999,999\.00$/m);
});

it('a project is shown by its name, a range without spend by a sentence', async () => {
  const body = usage([row({ project: 'f00d', project_name: 'github.com/acme/app' })]);
  const table = await shown(['--by', 'project'], body, null);
  expect([table.includes('github.com/acme/app'), table.includes('f00d')]).toEqual([true, false]);
  expect(await shown([], usage([]), 40)).toContain('Nothing was spent in this time.');
});

it.each([
  [['--since', '20261101', '--until', '2026-11-30'], 'from=2026-11-01&to=2026-12-01&step=day'],
  [['--until', '2026-02-14', '--step', 'total'], 'from=2026-02-01&to=2026-02-15'],
  [['--since', '7d', '-z', 'UTC'], 'from=2026-11-16&zone=UTC&step=day'],
  [
    ['--since', 'yesterday', '--until', 'yesterday', '-z', 'Asia/Kolkata'],
    'from=2026-11-22&to=2026-11-23&zone=Asia%2FKolkata&step=day',
  ],
  [['-b', 'member, model'], 'group_by=member%2Cmodel'],
  [['-b', 'model', '--step', 'week'], 'group_by=model&step=week'],
  [['--member', 'ann & bob', '--basis', 'plan'], 'member=ann+%26+bob&basis=plan&step=day'],
  [['--session', 'ses_1', '--own', '--step', 'total'], 'session=ses_1&scope=own'],
  [['-b', 'session,member', '--trees'], 'scope=inclusive&group_by=session%2Cmember'],
])('%j asks for %s', async (words, query) => {
  const { asked } = await gasline(['costs', ...words], () => ({ body: usage([]) }));
  expect(asked.map(({ path }) => path)).toEqual([`/team/v1/usage?${query}`]);
});

it('today is a day in the zone of the team', async () => {
  const reply = (url: URL) => ({ body: url.pathname.endsWith('/team') ? { zone: 'Pacific/Auckland' } : usage([]) });
  const { asked } = await gasline(['costs', '--since', 'today'], reply);
  expect(asked.map(({ path }) => path)).toEqual(['/team/v1/team', '/team/v1/usage?from=2026-11-23&step=day']);
});

it('--json is what the relay said', async () => {
  const { stdout } = await gasline(['costs', '--json'], () => ({ body: DAYS }), { columns: 40 });
  expect(stdout).toBe(`${JSON.stringify(DAYS)}\n`);
});

it('--csv holds every figure, exact, and nothing that a spreadsheet would run', async () => {
  const rows = [row({ branch: '=HYPERLINK("x","y")', cost_usd: '0.000000001' }), row({ branch: null })];
  rows.push(row({ branch: 'x', cost_usd: null, unpriced_messages: 12 }));
  const { stdout } = await gasline(['costs', '--csv', '--by', 'branch'], () => ({ body: usage(rows) }));
  expect(stdout.split('\r\n')).toEqual([
    'branch,messages,unpriced_messages,input_tokens,output_tokens,reasoning_tokens,cache_read_tokens,cache_write_tokens,' +
      'cost_usd,reported_usd,list_usd,discarded_usd,copied_usd,late_usd,unlisted_messages',
    `"'=HYPERLINK(""x"",""y"")",12,0,1234567,45678,90,12345678,3210,0.000000001,0.000000001,0.000000001,0,0,0,0`,
    ',12,0,1234567,45678,90,12345678,3210,1.5,1.5,1.5,0,0,0,0',
    'x,12,12,1234567,45678,90,12345678,3210,,0,,0,0,0,12',
    '',
  ]);
});

it.each([
  [{}, true, true],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ TERM: 'dumb' }, true, false],
  [{}, false, false],
])('colours with %j on a terminal %s: %s', async (env, isTTY, expected) => {
  const io = { env: { GASLINE_URL: 'https://r.example', GASLINE_TOKEN: 't', HOME: '/nowhere', ...env }, isTTY };
  const { stdout } = await gasline(['costs'], () => ({ body: DAYS }), io);
  expect(stdout.includes('\u001B[1m')).toBe(expected);
});

it('a correction downwards, copies and an unknown list price are said as what they are', async () => {
  const unknown = row({ model: 'm1', cost_usd: null, unpriced_messages: 2 });
  const known = row({ model: 'm2', cost_usd: '3', list_usd: '9' });
  const total = { cost_usd: '3', list_usd: '9', late_usd: '-1', copied_usd: '2', unpriced_messages: 2 };
  const text = await shown(['--by', 'model'], usage([known, unknown], total), 200);
  expect(text).toMatch(/^m1 .* – +unpriced$/m);
  expect(text).toContain('Corrections after a period had ended took $1.00 off it.');
  expect(text).toContain('Forks reported $2.00 once more: not in the total.');
});

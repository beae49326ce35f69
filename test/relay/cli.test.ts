// The command line as it is published, as a process of its own, against a relay that holds spend.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { start, type Exit } from '../support/child.ts';
import { batch, event, message, source } from './builders.ts';
import { startTestRelay, type TestRelay, type TestTeam } from './harness.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'plugin', 'dist', 'cli.js');
const RANGE = ['--since', '20261101', '--until', '20261130', '--zone', 'UTC'];

let relay: TestRelay;
let team: TestTeam;
let home: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'gasline-cli-'));
  relay = await startTestRelay();
  team = await relay.team();
  const dear = { provider: 'anthropic', model: 'claude-opus-4-6', cost_usd: '234.5' };
  const cheap = { provider: 'openai', model: 'gpt-6', cost_usd: '0.000000001', created_at: '2026-11-21T09:00:00.000Z' };
  const unknown = { provider: 'acme', model: 'm1', cost_usd: '0' };
  const info = { created_at: '2026-11-20T09:00:00.000Z', title: null };
  const ann = [
    event(1, 'session.created', { ...info, parent: null, title: 'Fix\u0007the bug' }),
    event(2, 'session.created', { ...info, parent: 'ses_1' }, { session: 'ses_sub' }),
    message(3, dear),
    message(4, unknown),
    message(5, cheap, { session: 'ses_sub' }),
  ];
  const bob = [message(1, { ...dear, message: 'msg_bob', cost_usd: '0.5' }, { session: 'ses_bob' })];
  await team.call('POST', '/v1/events', batch(ann));
  await team.call('POST', '/v1/events', batch(bob, { source: source({ id: 'src_bob', member: '李小龍' }) }));
});

afterAll(async () => {
  await relay.close();
  rmSync(home, { recursive: true, force: true });
});

function gasline(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Exit> {
  const given = { PATH: process.env['PATH'], HOME: home, GASLINE_URL: relay.relay.url.href, GASLINE_TOKEN: team.token };
  return start(process.execPath, [PROGRAM, ...words], { cwd: home, env: { ...given, ...env } }).exited;
}

test('a table by day and by member fits the width, and names what has no price', async () => {
  const byDay = await gasline(['costs', ...RANGE], { COLUMNS: '80' });
  expect([byDay.code, byDay.stderr]).toEqual([0, '']);
  expect(byDay.stdout).toMatch(/^2026-11-20 .* \$235\.00 \+ \?$/m);
  expect(byDay.stdout).toMatch(/^2026-11-21 .* <\$0\.01$/m);
  expect(byDay.stdout).toMatch(/^Total .* \$235\.00 \+ \?$/m);
  expect(byDay.stdout).toContain('1 message of acme/m1 has no known price: not in the total.');
  expect(Math.max(...byDay.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);

  const byMember = await gasline(['costs', ...RANGE, '--by', 'member', '--model', 'claude-opus-4-6']);
  const rows = byMember.stdout.split('\n').filter((line) => /^(ann|李|Total)/.test(line));
  expect(rows.map((line) => line.split(/ {2,}/)).map((cells) => [cells[0], cells[1], cells.at(-1)])).toEqual([
    ['ann@example.com', '1', '$234.50'],
    ['李小龍', '1', '$0.50'],
    ['Total', '2', '$235.00'],
  ]);
});

test('by session a table names them by their titles, the dearest first', async () => {
  const { stdout, stderr } = await gasline(['costs', ...RANGE, '--by', 'session']);
  const rows = stdout.split('\n').filter((line) => /^(Fix|ses_)/.test(line));
  expect([rows.map((line) => line.split(/ {2,}/)[0]), stderr]).toEqual([['Fix the bug', 'ses_bob', 'ses_sub'], '']);
  const csv = await gasline(['costs', ...RANGE, '--by', 'session,model', '--csv']);
  expect(csv.stdout).toMatch(/^session,model,session_title,messages,.*\r\nses_1,claude-opus-4-6,Fix ?the bug,1,/);
});

test('--json is the answer of the relay, --csv holds the same rows', async () => {
  const { body } = await team.call('GET', '/v1/usage?from=2026-11-01&to=2026-12-01&zone=UTC&group_by=member,model');
  const json = await gasline(['costs', ...RANGE, '--by', 'member,model', '--json']);
  expect(JSON.parse(json.stdout)).toEqual(body);
  const csv = await gasline(['costs', ...RANGE, '--by', 'member,model', '--csv']);
  const [head = '', ...lines] = csv.stdout.trimEnd().split('\r\n');
  const cost = head.split(',').indexOf('cost_usd');
  expect(lines.map((line) => line.split(',')).map((cells) => [cells[0], cells[1], cells[cost]])).toEqual(
    body.rows.map((row: Record<string, string>) => [row['member'], row['model'], row['cost_usd'] ?? '']),
  );
  expect([json.code, csv.code]).toEqual([0, 0]);
});

test('sessions stand as trees with what each cost alone and in all', async () => {
  const { code, stdout } = await gasline(['sessions', '--zone', 'UTC']);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^Fix the bug .* \$234\.50 \+ \? {2,}\$234\.50 \+ \?\n {2}└ ses_sub .* <\$0\.01 {2,}<\$0\.01$/m,
  );
  const one = await gasline(['costs', ...RANGE, '--session', 'ses_1', '--step', 'total']);
  const own = await gasline(['costs', ...RANGE, '--session', 'ses_1', '--own', '--step', 'total']);
  const messages = [one, own].map(({ stdout }) => /^Total +(\d+) /m.exec(stdout)?.[1]);
  expect(messages).toEqual(['3', '2']);
});

test('a misuse ends with 2, a refusal with 1 and what to do, and neither shows the token', async () => {
  const { body } = await team.call('POST', '/v1/tokens', { scope: 'ingest', name: 'plugin' });
  const [unknown, wrong, scope, zone] = await Promise.all([
    gasline(['costs', '--frob']),
    gasline(['costs', '--token', 'gl_wrong']),
    gasline(['costs', '--token', body.token]),
    gasline(['costs', '--zone', 'Atlantis']),
  ]);
  expect([unknown.code, wrong.code, scope.code, zone.code]).toEqual([2, 1, 1, 2]);
  expect(wrong.stderr).toMatch(/^gasline costs: the token \(--token\) is refused: .* one of scope read or admin\n$/);
  expect(scope.stderr).toContain('this needs a token of scope read, got one of scope ingest');
  expect(zone.stderr).toContain('zone: must be an IANA time zone such as Europe/Berlin, got Atlantis');
  for (const { stdout, stderr } of [unknown, wrong, scope, zone]) {
    expect(stdout).toBe('');
    expect(stderr).not.toContain(body.token);
  }
});

test('a reader that goes away is no failure', async () => {
  const command = `"${process.execPath}" "${PROGRAM}" costs --json ${RANGE.join(' ')}; echo "code $?" >&2`;
  const env = { PATH: process.env['PATH'], HOME: home, GASLINE_URL: relay.relay.url.href, GASLINE_TOKEN: team.token };
  const { stderr } = await start('sh', ['-c', `{ ${command}; } | true`], { cwd: home, env }).exited;
  expect(stderr).toBe('code 0\n');
});

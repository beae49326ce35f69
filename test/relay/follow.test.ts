// `gasline tail` and `gasline listen` as they are published, against a relay and a receiver of their own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { start, type Child } from '../support/child.ts';
import { until } from '../support/until.ts';
import { batch, idle, message, source } from './builders.ts';
import { post } from './endpoint.ts';
import { startTestRelay, type Reply, type TestRelay, type TestTeam } from './harness.ts';
import { startReceiver } from './receiver.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'plugin', 'dist', 'cli.js');

let relay: TestRelay;
let team: TestTeam;
let token: string;
let home: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'gasline-follow-'));
  relay = await startTestRelay();
});
afterAll(async () => {
  await relay.close();
  rmSync(home, { recursive: true, force: true });
});
beforeEach(async () => {
  team = await relay.team();
  ({ token } = (await team.call('POST', '/v1/tokens', { scope: 'read', name: 'cli' })).body);
});

function gasline(words: readonly string[]): Child {
  const env = { PATH: process.env['PATH'], HOME: home, GASLINE_URL: relay.relay.url.href, GASLINE_READ_TOKEN: token };
  return start(process.execPath, [PROGRAM, ...words], { cwd: home, env });
}

function linesOf(child: Child): string[] {
  return child.stdout().split('\n').slice(0, -1);
}

test('tail prints what was and what comes, filtered, with a token of scope read, and ends cleanly on Ctrl-C', async () => {
  await team.call('POST', '/v1/events', batch([message(1), idle(2)], { source: source({ id: 'src_ann' }) }));
  const tail = gasline([
    'tail',
    '--since',
    '1h',
    '--zone',
    'UTC',
    '--member',
    'ann@example.com',
    '-e',
    'message.*,custom.*',
  ]);
  await until('what was', () => linesOf(tail).length >= 1);
  await post(team, 2, ['custom.type', 'session.idle']);
  await team.call('POST', '/v1/events', batch([message(1)], { source: source({ id: 'src_bob', member: 'bob' }) }));
  await post(team, 1, ['custom.last']);
  await until('what came', () => tail.stdout().includes('custom.last'));
  tail.kill('SIGINT');
  const { code, stderr, durationMs } = await tail.exited;
  expect([code, stderr]).toEqual([0, '']);
  expect(durationMs).toBeLessThan(30_000);
  expect(linesOf(tail).filter((line) => !line.startsWith('──'))).toEqual([
    expect.stringMatching(/^09:00:01 {2}message\.updated .* ses_1 {2}<\$0\.01 {2}anthropic\/claude-opus-4-6 {2}build$/),
    expect.stringMatching(/^09:00:01 {2}custom\.type /),
    expect.stringMatching(/^09:00:01 {2}custom\.last /),
  ]);
});

test('tail --json is the log', async () => {
  const tail = gasline(['tail', '--json', '--since', '1h']);
  await post(team, 3);
  await until('three lines', () => linesOf(tail).length === 3);
  tail.kill('SIGTERM');
  expect((await tail.exited).code).toBe(0);
  expect(linesOf(tail).map((line) => JSON.parse(line))).toEqual((await team.call('GET', '/v1/events')).body.events);
});

test('listen delivers to a local port what a webhook gets, in order, signed, and tries again', async () => {
  const local = await startReceiver(({ event }) => ({
    status: event.seq === 2 && local.deliveries.length === 2 ? 500 : 200,
  }));
  const hook = await startReceiver();
  const made = await team.call('POST', '/v1/endpoints', { kind: 'webhook', url: hook.url, ordered: true });
  expect(made.status).toBe(201);
  const listen = gasline(['listen', '--forward', `${local.url}hook`, '--events', 'session.*', '--since', '1h']);
  await until('it to listen', () => listen.stdout().includes('Events go to'));
  const [, secret = ''] = /signed with (whsec_\S+)/.exec(listen.stdout()) ?? [];
  await post(team, 4, ['session.idle', 'session.idle', 'custom.type', 'session.idle']);
  await until('all of it', () => listen.stdout().includes(`<-- 200 [${team.id}-4]`));
  await until('the webhook', () => hook.deliveries.length === 4);
  listen.kill('SIGINT');
  const { code, stderr } = await listen.exited;
  expect([code, stderr]).toEqual([0, '']);
  expect(local.seqs()).toEqual([1, 2, 2, 4]);
  for (const { headers, body } of local.deliveries) {
    const verified = new Webhook(secret).verify(body, headers as Record<string, string>);
    const twin = hook.deliveries.find((one) => one.headers['webhook-id'] === headers['webhook-id']);
    expect([JSON.stringify(verified), body]).toEqual([twin?.body, twin?.body]);
  }
  expect(linesOf(listen).slice(1)).toEqual([
    `--> session.idle [${team.id}-1]`,
    `<-- 200 [${team.id}-1]`,
    `--> session.idle [${team.id}-2]`,
    `<-- 500 [${team.id}-2]: again in 1 s`,
    `<-- 200 [${team.id}-2]`,
    `--> session.idle [${team.id}-4]`,
    `<-- 200 [${team.id}-4]`,
  ]);
  await local.close();
  await hook.close();
});

test('it says what is wrong and ends where the token is revoked meanwhile', async () => {
  const tail = gasline(['tail', '--json', '--since', '1h']);
  await post(team, 1);
  await until('a line', () => linesOf(tail).length === 1);
  const { tokens } = (await team.call('GET', '/v1/tokens')).body;
  const { id } = tokens.find(({ name }: Reply['body']) => name === 'cli');
  await team.call('DELETE', `/v1/tokens/${id}`);
  const { code, stderr } = await tail.exited;
  expect([code, stderr]).toEqual([1, expect.stringContaining('is refused: ask an admin of the team for a new token')]);
});

// `npm start` where something is in its way: it says so in a line, and ends.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Child } from '../support/child.ts';
import { until } from '../support/until.ts';
import { call } from './harness.ts';
import { relayProcess, startProgram, type RelayProcess } from './process.ts';

let dataDir: string;
let otherDir: string;
let relay: RelayProcess;
let running: Child;
beforeAll(async () => {
  [dataDir, otherDir] = [newFolder(), newFolder()];
  relay = await relayProcess(dataDir);
  running = await relay.start();
});
afterAll(() => {
  relay.end();
  for (const dir of [dataDir, otherDir]) rmSync(dir, { recursive: true, force: true });
});

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'gasline-start-'));
}

async function isListening(child: Child): Promise<void> {
  await until('a relay that listens', () => child.stdout().includes('is listening'));
}

test('a port that somebody has is named in one line, and the folder is free again', async () => {
  const { port } = relay.url;
  const { code, stdout, stderr } = await startProgram(otherDir, ['--port', port]).exited;
  const said = `gasline did not start: port ${port} of 127.0.0.1 is taken: stop what listens there, or take another with --port (0 takes a free one)\n`;
  expect([code, stdout, stderr]).toEqual([1, '', said]);
  expect((await relay.call('admin', 'GET', '/v1/team')).status).toBe(200);
  const free = startProgram(otherDir, ['--port', '0']);
  await isListening(free);
  free.kill('SIGTERM');
  expect((await free.exited).code).toBe(0);
});

test.each([
  ['999.1.1.1', 'there is no address 999.1.1.1 to listen on'],
  // TEST-NET-1 (RFC 5737) is no machine's own.
  ['192.0.2.1', 'this machine has no address 192.0.2.1 to listen on'],
])('the host %s is refused in one line', async (host, reason) => {
  const { code, stdout, stderr } = await startProgram(otherDir, ['--port', '0', '--host', host]).exited;
  const said = `gasline did not start: ${reason}: name one of its own with --host, or leave it out for this machine alone\n`;
  expect([code, stdout, stderr]).toEqual([1, '', said]);
});

test('a runtime that does not start ends the program too', async () => {
  // Node knows none of workerd's options and gives up.
  const broken = { MINIFLARE_WORKERD_PATH: process.execPath };
  const { code, stderr } = await startProgram(otherDir, ['--port', '0'], broken).exited;
  expect([code, stderr]).toEqual([1, expect.stringContaining('gasline did not start: ')]);
});

test.each([
  ['', 'UTC'],
  [':/etc/localtime', 'UTC'],
  ['UTC+3', 'UTC'],
  ['Europe/Berlin', 'Europe/Berlin'],
])('the first team of a machine whose TZ is %j is in zone %s', async (TZ, zone) => {
  const dir = newFolder();
  const child = startProgram(dir, ['--port', '0'], { TZ });
  await isListening(child);
  const { tokens } = JSON.parse(readFileSync(join(dir, 'tokens.json'), 'utf8'));
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(child.stdout()) ?? [];
  const { body } = await call(new URL(url), tokens.read, 'GET', '/v1/team');
  child.kill('SIGTERM');
  await child.exited;
  rmSync(dir, { recursive: true });
  expect(body.zone).toBe(zone);
});

test.each(['operator.json', 'tokens.json'])('a %s that was spoilt is named', async (name) => {
  const dir = newFolder();
  const file = join(dir, name);
  writeFileSync(file, '');
  const { code, stderr } = await startProgram(dir, ['--port', '0']).exited;
  rmSync(dir, { recursive: true });
  const said = `gasline did not start: ${file} is not the JSON that was written there: bring it back from a copy\n`;
  expect([code, stderr]).toEqual([1, said]);
});

test('the first start makes the three tokens that it shows and no other', async () => {
  const { tokens } = (await relay.call('admin', 'GET', '/v1/tokens')).body;
  const scopes = tokens.map(({ scope }: { scope: string }) => scope).toSorted();
  expect(scopes).toEqual(['admin', 'ingest', 'read']);
});

test('a folder keeps its team: another one is refused, its own is not', async () => {
  running.kill('SIGTERM');
  await running.exited;
  const before = readFileSync(join(dataDir, 'tokens.json'), 'utf8');
  const other = await startProgram(dataDir, ['--port', '0', '--team', 'other']).exited;
  const said = `gasline did not start: the team of ${dataDir} is "team", got --team other: leave it out, or make a second one with POST /v1/teams\n`;
  expect([other.code, other.stdout, other.stderr]).toEqual([1, '', said]);
  const same = startProgram(dataDir, ['--port', '0', '--team', 'team']);
  await isListening(same);
  same.kill('SIGTERM');
  expect((await same.exited).code).toBe(0);
  expect(readFileSync(join(dataDir, 'tokens.json'), 'utf8')).toBe(before);
});

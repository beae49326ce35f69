import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

import { report } from '../support/report.ts';
import { until } from '../support/until.ts';
import type { Reply } from './harness.ts';
import { chargesOf, sum, toNano } from './oracle.ts';
import { isAlive, type Victim } from './process.ts';
import { startSenders } from './senders.ts';
import { useReceiver, useRelayProcess } from './setup.ts';

const KILLS = 20;
const SENDERS = 4;
const VICTIMS: readonly Victim[] = ['both', 'relay', 'both', 'runtime', 'relay'];

type Row = Reply['body'];

const relay = useRelayProcess();
const receiver = useReceiver();

async function get(path: string): Promise<Row> {
  const { status, body } = await relay.call('admin', 'GET', path);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body;
}

async function readLog(): Promise<Row[]> {
  const log: Row[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page = await get(`/v1/events?limit=1000&after=${after}`);
    log.push(...page.events);
    after = page.next;
  }
  return log;
}

async function expectSumsOf(log: readonly Row[]): Promise<void> {
  const charges = chargesOf(log);
  const spent = sum(charges, ({ nano }) => nano);
  const { total } = await get('/v1/usage?from=2026-11-20&to=2026-11-21');
  expect([toNano(total.cost_usd), total.messages]).toEqual([spent, charges.length]);
  const { sessions } = await get('/v1/sessions?limit=1000');
  const whole = await Promise.all(sessions.map(({ id }: Row) => get(`/v1/sessions/${id}`)));
  const entries = whole.flatMap((session) => session.entries);
  expect([sum(entries, ({ cost_usd }) => toNano(cost_usd)), entries.length]).toEqual([spent, charges.length]);
  expect(sum(whole, ({ cost_usd }) => toNano(cost_usd))).toBe(spent);
}

test('killed again and again under load, the relay loses and doubles nothing that it acknowledged', async () => {
  let child = await relay.start();
  const endpoint = await relay.call('admin', 'POST', '/v1/endpoints', { kind: 'webhook', url: receiver.url });
  const senders = startSenders(relay, SENDERS, 0);
  for (let kills = 0; kills < KILLS; kills += 1) {
    await sleep(50 + Math.random() * 500);
    child = await relay.kill(child, VICTIMS[kills % VICTIMS.length] ?? 'both');
  }
  await sleep(300);
  await senders.stop();
  const { acknowledged } = senders;

  const log = await readLog();
  const keys = log.map(({ source: { id }, origin }) => `${id}/${origin.seq}`);
  expect(keys.length).toBe(new Set(keys).size);
  expect([...acknowledged].filter((key) => !keys.includes(key))).toEqual([]);
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, at) => at + 1));
  await expectSumsOf(log);

  await until('an endpoint that has had all', async () => {
    const { behind, waiting } = (await get(`/v1/endpoints/${endpoint.body.endpoint.id}`)).endpoint;
    return behind === 0 && waiting === 0;
  });
  const received = receiver.deliveries.map(({ headers }) => headers['webhook-id']);
  const ids = new Set(received);
  expect(log.filter(({ id }) => !ids.has(id))).toEqual([]);
  expect(ids.size).toBe(log.length);
  const duplicates = received.length - ids.size;
  report(`${KILLS} kills`, [
    { acknowledged: acknowledged.size, logged: log.length, lost: 0, 'delivered twice': duplicates },
  ]);

  child.kill('SIGTERM');
  expect((await child.exited).code).toBe(0);
}, 180_000);

test('the state outlives a clean stop, which leaves no process behind', async () => {
  const before = await relay.start();
  const log = await readLog();
  const pid = relay.runtimePid();
  expect(pid !== null && isAlive(pid)).toBe(true);
  before.kill('SIGTERM');
  const { code, stderr } = await before.exited;
  expect([code, stderr]).toEqual([0, '']);
  expect(isAlive(pid ?? 0)).toBe(false);

  const after = await relay.start();
  expect(await readLog()).toEqual(log);
  await expectSumsOf(log);
  after.kill('SIGTERM');
  expect((await after.exited).code).toBe(0);
});

test('a second relay on the same folder is refused and the first goes on', async () => {
  const first = await relay.start();
  const { code, stderr } = await relay.startAgain().exited;
  expect([code, stderr]).toEqual([1, expect.stringContaining('another relay is running on')]);
  expect((await get('/v1/team')).id).toBe('team');
  first.kill('SIGTERM');
  expect((await first.exited).code).toBe(0);
});

test('another process that has its id by now is not', async () => {
  const first = await relay.start();
  first.kill('SIGTERM');
  await first.exited;
  const other = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1_000)', 'workerd']);
  try {
    writeFileSync(join(relay.dataDir, 'workerd.pid'), `${other.pid} another-boot 4711\n`);
    const second = await relay.start();
    expect([isAlive(other.pid ?? 0), relay.runtimePid() === other.pid]).toEqual([true, false]);
    second.kill('SIGTERM');
    await second.exited;
  } finally {
    other.kill('SIGKILL');
  }
});

test('the workerd that a killed relay leaves behind is ended by the next', async () => {
  const first = await relay.start();
  const orphan = relay.runtimePid() ?? 0;
  first.kill('SIGKILL');
  await first.exited;
  expect(isAlive(orphan)).toBe(true);
  const second = await relay.start();
  expect(isAlive(orphan)).toBe(false);
  expect(relay.runtimePid()).not.toBe(orphan);
  second.kill('SIGTERM');
  expect((await second.exited).code).toBe(0);
});

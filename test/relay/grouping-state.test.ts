// What is held back while other things happen: an admin's changes, replays, the archive, the end of the relay.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { batch, idle, source } from './builders.ts';
import { addEndpoint, post } from './endpoint.ts';
import { addGrouped, foldedOf, sorted } from './grouped.ts';
import { keepingTeam } from './keeping.ts';
import { readLog } from './oracle.ts';
import { relayProcess } from './process.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver();

function tables(): Promise<object[]> {
  return team.query('SELECT topic, seq, folded FROM grouping');
}

test('while an endpoint is disabled what it holds waits with it', async () => {
  const endpoint = await addGrouped(team, receiver);
  await post(team, 2);
  await endpoint.settled();
  await team.call('POST', `${endpoint.path}/disable`);
  await team.advance(DAY);
  await post(team, 1);
  // What was posted, and that it was disabled.
  expect(await endpoint.show()).toMatchObject({ behind: 2, held: 1 });
  await team.call('POST', `${endpoint.path}/enable`);
  await endpoint.attempted(2);
  await endpoint.settled();
  expect(receiver.seqs()).toEqual([1, 2]);
  await team.advance(MINUTE);
  await endpoint.attempted(3);
  expect(receiver.seqs()).toEqual([1, 2, 4]);
});

test('a replay is grouped anew and swallows nothing: not what comes again, not what was held before it', async () => {
  const endpoint = await addGrouped(team, receiver);
  await post(team, 3);
  await endpoint.settled();
  const inOther = { session: 'ses_2' };
  const sent = batch([idle(1, inOther), idle(2, inOther)], { source: source({ id: 'src_r' }) });
  expect((await team.call('POST', '/v1/events', sent)).status).toBe(202);
  await endpoint.settled();
  expect(receiver.seqs()).toEqual([1, 4]);
  // Position 3 is held from before, 5 from behind the point that the cursor goes back to.
  await team.call('POST', `${endpoint.path}/replay`, { after: 3 });
  await endpoint.attempted(3);
  await endpoint.settled();
  expect(receiver.seqs()).toEqual([1, 4, 4]);
  expect(await endpoint.show()).toMatchObject({ held: 2 });
  await team.advance(MINUTE + SECOND);
  await endpoint.attempted(5);
  expect(sorted(receiver.seqs().slice(3))).toEqual([3, 5]);
});

test.each([[null], [3_600]])('what was held goes out at once when the interval becomes %j', async (group_s) => {
  const endpoint = await addGrouped(team, receiver, { delivery: { group_s: 86_400 } });
  await post(team, 3);
  await endpoint.settled();
  const changed = await team.call('PATCH', endpoint.path, { delivery: { group_s } });
  expect(changed.body.endpoint.delivery).toEqual(group_s === null ? {} : { group_s });
  await endpoint.attempted(2);
  await endpoint.settled();
  expect([receiver.seqs(), foldedOf(receiver)]).toEqual([
    [1, 3],
    [undefined, '1'],
  ]);
  await post(team, 2);
  await endpoint.attempted(group_s === null ? 4 : 3);
  expect(await endpoint.show()).toMatchObject({ held: group_s === null ? 0 : 1 });
});

test('an interval that is given up while its first message is under way holds nothing back', async () => {
  receiver.answer(() => ({ status: 204, afterMs: 500 }));
  const endpoint = await addGrouped(team, receiver);
  await post(team, 3);
  await until('a message under way', () => receiver.deliveries.length === 1);
  await team.call('PATCH', endpoint.path, { delivery: { group_s: null } });
  await endpoint.attempted(2);
  expect(receiver.seqs()).toEqual([1, 3]);
  expect(await tables()).toEqual([]);
});

test('rows are there while they are needed, and for grouped endpoints alone', async () => {
  const plain = await addEndpoint(team, receiver.url);
  await post(team, 5);
  await plain.settled();
  expect(await tables()).toEqual([]);
  const endpoint = await addGrouped(team, receiver);
  await post(team, 2);
  await endpoint.settled();
  expect(await tables()).toEqual([{ topic: 'session.idle\nses_1', seq: 7, folded: 0 }]);
  await team.advance(MINUTE);
  await until('what was held', async () => (await endpoint.show()).held === 0);
  await team.advance(MINUTE);
  await post(team, 1, ['session.compacted']);
  await endpoint.attempted(3);
  expect(await tables()).toEqual([{ topic: 'session.compacted\nses_1', seq: null, folded: 0 }]);
  await team.call('DELETE', endpoint.path);
  expect(await tables()).toEqual([]);
});

test('the archive waits for what is held, and when it is overtaken it is counted', async () => {
  const keeping = await keepingTeam(relay);
  const endpoint = await addGrouped(keeping, receiver, { events: ['session.idle'] });
  await post(keeping, 3);
  await endpoint.settled();
  await keeping.call('POST', `${endpoint.path}/disable`);
  await keeping.keep({ log_days: 1 });
  await keeping.pass(2 * DAY);
  await post(keeping, 1);
  await keeping.pass(DAY);
  expect((await keeping.state()).waiting).toMatchObject([{ endpoint: endpoint.id }]);
  expect((await keeping.state()).log.first).toBeLessThanOrEqual(3);
  for (let day = 0; day < 8; day += 1) await keeping.pass(DAY);
  await until('a log that has been shortened', async () => (await keeping.state()).log.first > 3);
  const overtaken = (await readLog(keeping)).filter(({ type }) => type === 'endpoint.overtaken');
  expect(overtaken).toMatchObject([{ data: { endpoint: endpoint.id, retries: 1 } }]);
  expect(await tables()).toEqual([]);
});

test('what is held outlives the relay: killed in the interval, it is delivered after it', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gasline-grouping-'));
  const running = await relayProcess(dataDir);
  try {
    const child = await running.start();
    const given = { kind: 'webhook', url: receiver.url, delivery: { group_s: 6 } };
    const made = await running.call('admin', 'POST', '/v1/endpoints', given);
    const path = `/v1/endpoints/${made.body.endpoint.id}`;
    await running.call('ingest', 'POST', '/v1/events', batch([idle(1), idle(2), idle(3)]));
    await until('one that is held', async () => (await running.call('admin', 'GET', path)).body.endpoint.held === 1);
    expect(receiver.seqs()).toEqual([1]);
    const again = await running.kill(child, 'both');
    await until('the message after the kill', () => receiver.deliveries.length >= 2);
    expect([receiver.seqs(), foldedOf(receiver)]).toEqual([
      [1, 3],
      [undefined, '1'],
    ]);
    again.kill('SIGTERM');
    await again.exited;
  } finally {
    running.end();
    rmSync(dataDir, { recursive: true, force: true });
  }
});

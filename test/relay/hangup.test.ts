import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

import { batch, idle, message, source } from './builders.ts';
import { chargesOf, readLog, sum, toNano } from './oracle.ts';
import { useOnce, useRelay } from './setup.ts';

const relay = useRelay();
const team = useOnce(() => relay.team());

/** Sends a batch and hangs up after a while, answered or not. */
function sendAndHangUp(sent: unknown, afterMs: number): Promise<void> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${team.token}`, 'content-type': 'application/json' };
    const sending = request(new URL('/v1/events', relay.relay.url), { method: 'POST', headers });
    sending.on('error', () => {}).on('close', resolve);
    sending.on('response', (response) => response.resume());
    sending.end(JSON.stringify(sent));
    setTimeout(() => sending.destroy(), afterMs);
  });
}

test('senders that hang up hold up nobody, and what they sent is stored whole or not at all', async () => {
  for (let round = 1; round <= 40; round += 1) {
    const hasty = Array.from({ length: 6 }, (_, at) => {
      const id = `hasty_${round}_${at}`;
      return sendAndHangUp(batch([message(1), idle(2), message(3)], { source: source({ id }) }), Math.random() * 12);
    });
    const patient = batch([message(round)], { source: source({ id: 'patient' }) });
    const { status } = await team.call('POST', '/v1/events', patient, { signal: AbortSignal.timeout(5_000) });
    expect(status).toBe(202);
    await Promise.all(hasty);
  }
  await sleep(200);
  const log = await readLog(team);
  const bySource = Map.groupBy(log, (event) => event.source.id);
  expect(bySource.get('patient')).toHaveLength(40);
  bySource.delete('patient');
  expect(bySource.size).toBeGreaterThan(0);
  for (const events of bySource.values()) expect(events.map(({ origin }) => origin.seq)).toEqual([1, 2, 3]);
  const { total } = (await team.call('GET', '/v1/usage?from=2026-11-20&to=2026-11-21')).body;
  expect(toNano(total.cost_usd)).toBe(sum(chargesOf(log), ({ nano }) => nano));
});

test('a body that stops in the middle is not stored', async () => {
  const { head } = (await team.call('GET', '/v1/team')).body;
  const { hostname, port } = relay.relay.url;
  const half = JSON.stringify(batch([idle(1)], { source: source({ id: 'half' }) })).slice(0, 100);
  for (const length of [half.length + 50, half.length]) {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.write(
      `POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${team.token}\r\n` +
        `content-type: application/json\r\ncontent-length: ${length}\r\n\r\n${half}`,
    );
    await sleep(100);
    socket.destroy();
  }
  expect((await team.call('GET', '/v1/team')).body.head).toBe(head);
});

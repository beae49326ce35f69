import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

import { report } from '../support/report.ts';
import { until } from '../support/until.ts';
import { batch, idle, message, source } from './builders.ts';
import type { Reply } from './harness.ts';
import { type Victim } from './process.ts';
import { changeTeamFile } from './team-file.ts';
import { useRelayProcess } from './setup.ts';

const KILLS = 8;
const BATCHES = 1_500;
const A_BATCH = 60;
const VICTIMS: readonly Victim[] = ['both', 'relay', 'runtime'];
const DAY = 24 * 3_600_000;

const relay = useRelayProcess();

async function get(path: string): Promise<Reply['body']> {
  const { status, body } = await relay.call('admin', 'GET', path);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body;
}

async function readLog(): Promise<Reply['body'][]> {
  const log: Reply['body'][] = [];
  for (let after: number | null = 0; after !== null;) {
    const page = await get(`/v1/events?limit=1000&after=${after}`);
    log.push(...page.events);
    after = page.next;
  }
  return log;
}

/** Sets the archive going, once the relay is there again, and says where its log begins. */
function shorten(): Promise<number> {
  return until('a relay that answers', async () => {
    const answer = await relay.call('admin', 'PUT', '/v1/retention', { log_days: 1 }).catch(() => null);
    return answer?.body.log.first;
  });
}

test('killed again and again while the log goes to the archive, the relay loses and doubles nothing', async () => {
  let child = await relay.start();
  for (let at = 0; at < BATCHES; at += 1) {
    const events = Array.from({ length: A_BATCH }, (_, n) => {
      const seq = at * A_BATCH + n + 1;
      return n % 2 === 0 ? message(seq, { cost_usd: '0.000000001' }) : idle(seq);
    });
    const { status } = await relay.call('ingest', 'POST', '/v1/events', batch(events, { source: source() }));
    expect(status).toBe(202);
  }
  const before = await readLog();
  const usage = await get('/v1/usage?from=2026-11-20&to=2026-11-21');
  child.kill('SIGTERM');
  await child.exited;

  // A week passes while the relay is off.
  changeTeamFile(relay.dataDir, `UPDATE log SET received = received - ${7 * DAY}`);
  child = await relay.start();
  const began = [await shorten()];
  for (let kills = 0; kills < KILLS; kills += 1) {
    await sleep(Math.random() * 200);
    child = await relay.kill(child, VICTIMS[kills % VICTIMS.length] ?? 'both');
    began.push(await shorten());
  }
  const isShort = async () => (await get('/v1/retention')).log.first > A_BATCH * (BATCHES - 1);
  await until('a log that has gone to the archive', isShort);
  const aged = before.map((event) => ({
    ...event,
    received_at: new Date(Date.parse(event.received_at) - 7 * DAY).toISOString(),
  }));
  const told = (await readLog()).filter(({ source }) => source.id !== 'gasline:relay');
  expect(told).toEqual(aged);
  const { parts } = await get('/v1/archive?limit=1000');
  expect(parts[0].first).toBe(1);
  for (const [at, part] of parts.slice(1).entries()) expect(part.first).toBe(parts[at].last + 1);
  expect((await get('/v1/usage?from=2026-11-20&to=2026-11-21')).total).toMatchObject({
    ...usage.total,
    late_usd: expect.any(String),
  });
  report(`${KILLS} kills while archiving`, [
    { events: before.length, parts: parts.length, lost: 0, 'log began at': began.join(' ') },
  ]);
  child.kill('SIGTERM');
  expect((await child.exited).code).toBe(0);
}, 180_000);

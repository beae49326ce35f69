// Endpoints of every sort while the relay is killed in the middle of sending: nobody misses an event.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { RELAY_ID } from '../../worker/event/own.ts';
import { report } from '../support/report.ts';
import { until } from '../support/until.ts';
import { batch, idle, source } from './builders.ts';
import type { Reply } from './harness.ts';
import { eventsOf, startNeighbours, type Neighbour } from './neighbours.ts';
import { type Victim } from './process.ts';
import { startSenders } from './senders.ts';
import { changeTeamFile } from './team-file.ts';
import { useRelayProcess } from './setup.ts';

const KILLS = 15;
/** When the one that was gone is enabled again. */
const ENABLED_AFTER = 7;
const VICTIMS: readonly Victim[] = ['both', 'runtime', 'relay'];
const DAY = 24 * 3_600_000;

type Event = Reply['body'];

const relay = useRelayProcess();
let neighbours: readonly Neighbour[];
beforeAll(async () => {
  neighbours = await startNeighbours();
});
afterAll(() => Promise.all(neighbours.map(({ receiver }) => receiver.close())));

/** Asks until the relay is there to answer. */
function ask(method: string, path: string, body?: unknown): Promise<Reply['body']> {
  return until(`an answer to ${method} ${path}`, async () => {
    const reply = await relay.call('admin', method, path, body).catch(() => null);
    return reply !== null && reply.status < 300 ? reply.body : null;
  });
}

async function readLog(): Promise<Event[]> {
  const log: Event[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page = await ask('GET', `/v1/events?limit=1000&after=${after}`);
    log.push(...page.events);
    after = page.next;
  }
  return log;
}

/** The next delivery to anybody: what the relay is about to record is on its way. */
async function nextDelivery(): Promise<void> {
  const count = () => neighbours.reduce((sum, { receiver }) => sum + receiver.deliveries.length, 0);
  const before = count();
  await until('a delivery', () => count() > before, { everyMs: 1 });
}

/** What the relay says itself is not for all. */
function wants({ sort }: Neighbour, { type, source }: Event): boolean {
  if (source.id === RELAY_ID) return false;
  return sort.given?.events === undefined || type.startsWith('session.');
}

test('killed again and again while it sends, the relay leaves no endpoint of any sort without an event', async () => {
  let child = await relay.start();
  const paths = new Map<string, string>();
  for (const { name, sort, receiver } of neighbours) {
    const { endpoint } = await ask('POST', '/v1/endpoints', {
      kind: 'webhook',
      name,
      url: receiver.url,
      ...sort.given,
    });
    paths.set(name, `/v1/endpoints/${endpoint.id}`);
  }
  const gone = paths.get('gone once') ?? '';
  let stateOfGone = '';
  const senders = startSenders(relay, 3, 50);
  for (let kills = 0; kills < KILLS; kills += 1) {
    await sleep(Math.random() * 1_000);
    await nextDelivery();
    await sleep(Math.random() * 10);
    child = await relay.kill(child, VICTIMS[kills % VICTIMS.length] ?? 'both');
    if (kills === ENABLED_AFTER) {
      stateOfGone = (await ask('GET', gone)).endpoint.state;
      await ask('POST', `${gone}/enable`);
    }
  }
  await senders.stop();
  expect(stateOfGone).toBe('disabled');
  const waited = await Promise.all(
    neighbours.map(async ({ name }) => (await ask('GET', paths.get(name) ?? '')).endpoint),
  );

  // The receivers are mended, and a day passes while the relay is off.
  for (const { mend } of neighbours) mend();
  child.kill('SIGTERM');
  await child.exited;
  changeTeamFile(
    relay.dataDir,
    `UPDATE retry SET due = due - ${DAY};
     UPDATE endpoint SET not_before = max(0, not_before - ${DAY});
     UPDATE pace SET open_until = open_until - ${DAY}, resume = resume - ${DAY}`,
  );
  child = await relay.start();
  await ask('POST', '/v1/events', batch([idle(1)], { source: source({ id: 'src_last' }) }));
  for (const [name, path] of paths) {
    await until(`all at the one that is ${name}`, async () => {
      const { behind, waiting } = (await ask('GET', path)).endpoint;
      return behind === 0 && waiting === 0;
    });
  }

  const log = await readLog();
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, at) => at + 1));
  const logged = new Map(log.map((event) => [event.seq, JSON.stringify(event)]));
  const keys = new Set(log.map((event) => `${event.source.id}/${event.origin?.seq}`));
  expect([...senders.acknowledged].filter((key) => !keys.has(key))).toEqual([]);

  const rows = neighbours.map((neighbour, index) => {
    const { name, sort, receiver, taken, again } = neighbour;
    const wanted: number[] = log.filter((event) => wants(neighbour, event)).map(({ seq }) => seq);
    const lost = wanted.filter((seq) => !taken.has(seq));
    expect([name, lost]).toEqual([name, []]);
    const bodies = new Map<unknown, string>();
    for (const { headers, body } of receiver.deliveries) {
      const id = headers['webhook-id'];
      expect([name, body]).toEqual([name, bodies.get(id) ?? body]);
      bodies.set(id, body);
      const own = sort.given?.delivery?.batch === undefined ? JSON.parse(body).id : id;
      expect([name, id]).toEqual([name, own]);
    }
    for (const delivery of receiver.deliveries) {
      for (const event of eventsOf(delivery)) expect(JSON.stringify(event)).toBe(logged.get(event.seq));
    }
    const ofSources = new Set(wanted);
    const order = sort.given?.ordered === true ? [...taken].filter((seq) => ofSources.has(seq)) : wanted;
    expect([name, order]).toEqual([name, wanted]);
    const { behind, waiting } = waited[index];
    return {
      endpoint: name,
      wanted: wanted.length,
      lost: lost.length,
      'delivered twice': again(),
      requests: receiver.deliveries.length,
      'behind and waiting after the last kill': `${behind} ${waiting}`,
    };
  });
  report(`${KILLS} kills, ${senders.acknowledged.size} events acknowledged`, rows);
  child.kill('SIGTERM');
  expect((await child.exited).code).toBe(0);
}, 240_000);

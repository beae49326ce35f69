// Whoever reads on by itself, over a relay that is killed: nothing is missed, and what is not acknowledged comes again.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

import { start, type Child } from '../support/child.ts';
import { report } from '../support/report.ts';
import { until } from '../support/until.ts';
import { batch, idle } from './builders.ts';
import { follow } from './follower.ts';
import { type Victim } from './process.ts';
import { useReceiver, useRelayProcess } from './setup.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'plugin', 'dist', 'cli.js');
const VICTIMS: readonly Victim[] = ['both', 'runtime', 'relay', 'both', 'runtime', 'both'];

const relay = useRelayProcess();
const receiver = useReceiver();

/** One event after the other, each until it is acknowledged. */
async function send(isOver: () => boolean): Promise<void> {
  for (let seq = 1; !isOver(); seq += 1) {
    while (!(await answered('POST', '/v1/events', batch([idle(seq)])))) await sleep(20);
  }
}

async function answered(method: string, path: string, body?: unknown) {
  const reply = await relay.call('admin', method, path, body).catch(() => null);
  return reply !== null && reply.status < 300 ? reply.body : null;
}

/** Follows again whenever the stream breaks, after the last event that came. */
async function keepFollowing(token: string, got: number[], isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const stream = await follow(relay.url, token, { query: `after=${got.at(-1) ?? 0}` }).catch(() => null);
    if (stream === null) {
      await sleep(50);
      continue;
    }
    const over = until('the end', () => isOver(), { everyMs: 50 }).then(() => stream.close());
    await Promise.race([stream.ended, over]);
    got.push(...stream.seqs());
  }
}

/** Deals with a few at a time, and at times dies before it can say so. */
async function keepPulling(path: string, got: number[], isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const page = await answered('GET', `${path}/events?limit=7&wait=1`);
    if (page === null) {
      await sleep(20);
      continue;
    }
    got.push(...page.events.map(({ seq }: { seq: number }) => seq));
    if (Math.random() < 0.8) await answered('POST', `${path}/ack`, { upto: page.upto });
  }
}

function listen(token: string): Child {
  const env = {
    PATH: process.env['PATH'],
    HOME: relay.dataDir,
    GASLINE_URL: relay.url.href,
    GASLINE_READ_TOKEN: token,
  };
  return start(process.execPath, [PROGRAM, 'listen', '--forward', receiver.url], { cwd: relay.dataDir, env });
}

test('a stream, a pulled endpoint and gasline listen have had all of the log, in order, however often the relay is killed', async () => {
  let child = await relay.start();
  const { tokens } = JSON.parse(readFileSync(join(relay.dataDir, 'tokens.json'), 'utf8'));
  const { endpoint } = await answered('POST', '/v1/endpoints', { kind: 'pull', after: 0 });
  const path = `/v1/endpoints/${endpoint.id}`;
  const listening = listen(tokens.read);
  await until('it to listen', () => listening.stdout().includes('Events go to'));
  await sleep(500);
  let [sent, done] = [false, false];
  const [streamed, pulled]: [number[], number[]] = [[], []];
  const readers = [keepFollowing(tokens.read, streamed, () => done), keepPulling(path, pulled, () => done)];
  const sending = send(() => sent);
  for (const victim of VICTIMS) {
    await sleep(300 + Math.random() * 700);
    child = await relay.kill(child, victim);
  }
  await sleep(500);
  sent = true;
  await sending;

  const { head } = await answered('GET', '/v1/events?after=0&limit=1');
  const all = Array.from({ length: head }, (_, at) => at + 1);
  await until('an acknowledged log', async () => (await answered('GET', path))?.endpoint.behind === 0);
  await until('a copy of it', () => new Set(receiver.seqs()).size === head);
  await sleep(500);
  done = true;
  await Promise.all(readers);
  expect(streamed).toEqual(all);
  expect(pulled.filter((seq, at) => pulled.indexOf(seq) === at)).toEqual(all);
  expect(receiver.seqs()).toEqual(all);
  listening.kill('SIGINT');
  expect((await listening.exited).code).toBe(0);
  report(`${VICTIMS.length} kills`, [{ events: head, lost: 0, 'pulled again': pulled.length - head }]);
  child.kill('SIGTERM');
  expect((await child.exited).code).toBe(0);
}, 180_000);

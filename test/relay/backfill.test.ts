// History in a real relay: `gasline backfill` as a process of its own, which is killed at the worst moment, and live events
// before and after it.

import { createServer, request as forward } from 'node:http';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { start, type Exit } from '../support/child.ts';
import { close, listen } from '../support/listen.ts';
import { openPast, START, type Past } from '../support/past.ts';
import { batch, message, source } from './builders.ts';
import type { TestTeam } from './harness.ts';
import { useRelay } from './setup.ts';

const CLI = fileURLToPath(new URL('../../plugin/cli/main.ts', import.meta.url));
const ROWS = 2_400;

const relay = useRelay();
let past: Past;

beforeEach(() => {
  past = openPast();
  past.session('ses_1');
  past.session('ses_2', { parent: 'ses_1', at: START + 10 });
});
afterEach(() => past.remove());

function begin(team: TestTeam, url: URL = relay.relay.url) {
  const env = { ...past.env, PATH: process.env['PATH'], GASLINE_URL: url.href, GASLINE_TOKEN: team.token };
  return start(process.execPath, [CLI, 'backfill', '--yes'], { cwd: past.home, env });
}

async function backfill(team: TestTeam, url?: URL): Promise<Exit> {
  const ended = await begin(team, url).exited;
  expect(ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining('gasline backfill:') });
  return ended;
}

function fill(): void {
  past.database.exec('BEGIN');
  for (let n = 0; n < ROWS; n += 1) {
    past.message(`msg_${n}`, { session: n % 3 === 0 ? 'ses_2' : 'ses_1', at: START + 20 + n, data: { cost: n / 1e6 } });
  }
  past.database.exec('COMMIT');
}

async function usageOf(team: TestTeam) {
  const query = 'from=2026-10-01&to=2026-10-03&zone=UTC&group_by=kind,member';
  const { body } = await team.call('GET', `/v1/usage?${query}`);
  return body;
}

const COST = '2.8788';

test('sent twice it is charged once', async () => {
  fill();
  const team = await relay.team();
  await backfill(team);
  const usage = await usageOf(team);
  expect(usage.total).toMatchObject({ messages: ROWS, cost_usd: COST });
  await backfill(team);
  expect(await usageOf(team)).toEqual(usage);
  const { body } = await team.call('GET', '/v1/sessions/ses_1');
  expect(body).toMatchObject({ inclusive_cost_usd: COST, children: [{ id: 'ses_2' }] });
});

test('killed when the relay has just stored a batch, it goes on, and misses and doubles nothing', async () => {
  fill();
  const [team, straight] = [await relay.team(), await relay.team()];
  await backfill(straight);
  // Two descriptions, two batches of the first page, one of the second: whose answer never arrives.
  const proxy = await killer(5);
  const ended = await proxy.watch(begin(team, proxy.url));
  expect(ended.signal).toBe('SIGKILL');
  const half = (await usageOf(team)).total.messages;
  expect([half >= 1_000, half < ROWS]).toEqual([true, true]);
  // Meanwhile a session loses what was sent of it, and gains something.
  past.database.exec(`DELETE FROM message WHERE id = 'msg_7'`);
  const { stderr } = await backfill(team, proxy.url);
  expect(stderr).toContain('going on after the 1,000 rows');
  expect(await usageOf(team)).toEqual(await usageOf(straight));
  await proxy.close();
});

/** A way to the relay on which the sender dies when its nth request was answered, before it hears of it. */
async function killer(nth: number) {
  let requests = 0;
  let kill = (): void => {};
  const server = createServer((incoming, outgoing) => {
    requests += 1;
    const isLast = requests === nth;
    const target = new URL(incoming.url ?? '/', relay.relay.url);
    const { host: _, ...headers } = incoming.headers;
    const onward = forward(target, { method: incoming.method, headers }, (answer) => {
      if (isLast) {
        answer.resume().once('end', () => kill());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  return {
    url: await listen(server),
    watch: (child: ReturnType<typeof begin>): Promise<Exit> => {
      kill = () => child.kill('SIGKILL');
      return child.exited;
    },
    close: () => close(server),
  };
}

const LIVE = { message: 'msg_1', created_at: new Date(START).toISOString() };

test.each([
  ['before', true],
  ['after', false],
])('what was heard live %s it stands, whatever its figures', async (_, isFirst) => {
  // A dearer, longer and finished report of the past against a cheap one that was cut off.
  past.message('msg_1', { data: { cost: 5 } });
  past.message('msg_2', { data: { cost: 1 } });
  const team = await relay.team();
  const heard = batch([message(1, { ...LIVE, cost_usd: '0.25', completed_at: null })], { source: source() });
  if (isFirst) await team.call('POST', '/v1/events', heard);
  await backfill(team);
  if (!isFirst) await team.call('POST', '/v1/events', heard);
  await backfill(team);
  expect((await usageOf(team)).total).toMatchObject({ messages: 2, cost_usd: '1.25' });
  const { body } = await team.call('GET', '/v1/sessions/ses_1');
  expect(body.entries).toMatchObject([
    { message: 'msg_1', cost_usd: '0.25', backfilled: false },
    { message: 'msg_2', cost_usd: '1', backfilled: true },
  ]);
});

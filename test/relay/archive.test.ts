import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { batch, idle, message } from './builders.ts';
import { post } from './endpoint.ts';
import type { Fault } from './fault.ts';
import type { Reply } from './harness.ts';
import { arrivals, history } from './history.ts';
import { keepingTeam, type KeepingTeam } from './keeping.ts';
import { readLog } from './oracle.ts';
import { useRelay } from './setup.ts';

const DAY = 24 * 3_600_000;

const relay = useRelay();
let team: KeepingTeam;
beforeEach(async () => {
  team = await keepingTeam(relay);
});

test('what leaves the log is read from the archive, and a reader goes on into the log without a seam', async () => {
  await post(team, 7);
  await post(team, 5, ['session.idle', 'custom.type']);
  await team.pass(2 * DAY);
  await post(team, 4);
  const before = await team.said();
  await team.keep({ log_days: 1 });
  await team.archived(12);
  expect(await team.said()).toEqual(before);
  expect((await team.query('SELECT count(*) AS n FROM log'))[0]).toEqual({ n: 2 });

  const seen: Reply['body'][] = [];
  for (let after: number | null = 2; after !== null;) {
    const { body } = await team.call('GET', `/v1/events?limit=2&after=${after}&type=session.*`);
    expect([body.head, body.events.length <= 2]).toEqual([17, true]);
    seen.push(...body.events);
    after = body.next;
  }
  expect(seen).toEqual(before.filter(({ seq, type }) => seq > 2 && type === 'session.idle'));
});

test('a part is gzipped NDJSON under a name that sorts, with the checksum that the list gives', async () => {
  await post(team, 3);
  await team.pass(2 * DAY);
  await post(team, 1);
  const events = await team.said();
  await team.keep({ log_days: 1 });
  await team.archived(3);
  const { body } = await team.call('GET', '/v1/archive');
  const key = `${team.id}/0000000000000001-0000000000000003.ndjson.gz`;
  expect(body).toMatchObject({ parts: [{ key, first: 1, last: 3, events: 3 }], next: null });
  const bucket = await relay.relay.runtime.getR2Bucket('ARCHIVE');
  const object = await bucket.get(key);
  const packed = Buffer.from((await object?.arrayBuffer()) ?? new ArrayBuffer());
  expect(body.parts[0]).toMatchObject({ bytes: packed.byteLength, sha256: object?.checksums.toJSON().sha256 });
  const lines = gunzipSync(packed).toString().trimEnd().split('\n');
  expect(lines).toEqual(events.slice(0, 3).map((event) => JSON.stringify(event)));
});

test('many parts are listed in order, a page at a time, and hold each event once', async () => {
  for (let round = 0; round < 13; round += 1) await post(team, 1_000);
  await team.pass(2 * DAY);
  await post(team, 1);
  await team.keep({ log_days: 1 });
  await team.archived(13_000);
  const parts: Reply['body'][] = [];
  for (let after: number | null = 0; after !== null;) {
    const { body } = await team.call('GET', `/v1/archive?limit=1&after=${after}`);
    parts.push(...body.parts);
    after = body.next;
  }
  expect(parts.map(({ first, last }) => [first, last])).toEqual([
    [1, 5_000],
    [5_001, 10_000],
    [10_001, 13_000],
  ]);
  expect((await readLog(team)).map(({ seq }) => seq)).toEqual(Array.from({ length: 13_002 }, (_, at) => at + 1));
});

test("a session's timeline begins in the archive", async () => {
  await team.call('POST', '/v1/events', batch([message(1), idle(2, { session: 'ses_2' }), idle(3)]));
  await team.pass(2 * DAY);
  await team.call('POST', '/v1/events', batch([idle(4)]));
  await team.keep({ log_days: 1 });
  await team.archived(3);
  const first = await team.call('GET', '/v1/sessions/ses_1/events');
  const rest = await team.call('GET', `/v1/sessions/ses_1/events?after=${first.body.next}`);
  expect([...first.body.events, ...rest.body.events].map(({ seq }) => seq)).toEqual([1, 3, 4]);
  expect(rest.body.next).toBeNull();
});

test('the figures are the same before and after, whatever has left the log; the folds cannot be made anew then', async () => {
  const range = 'from=2026-11-17&to=2026-11-30';
  const paths = [
    `/v1/usage?${range}`,
    `/v1/usage?${range}&group_by=member,model&step=day`,
    `/v1/usage?${range}&group_by=basis,state`,
    '/v1/sessions?limit=1000',
  ];
  await fc.assert(
    fc.asyncProperty(history.chain(arrivals), async (batches) => {
      team = await keepingTeam(relay);
      for (const sent of batches) await team.call('POST', '/v1/events', sent);
      await team.pass(3 * DAY);
      await post(team, 1);
      const before = await Promise.all(paths.map((path) => team.call('GET', path)));
      const { head } = (await team.state()).log;
      fc.pre(head > 1);
      await team.keep({ log_days: 1 });
      await team.archived(head - 1);
      const after = await Promise.all(paths.map((path) => team.call('GET', path)));
      expect(after.map(({ body }) => body)).toEqual(before.map(({ body }) => body));
      await expect(team.rebuild()).rejects.toThrow(`the log begins after position ${head - 1}`);
      // What comes late for an archived day is still added to it, and what comes again is still known.
      for (const sent of batches) {
        const { body } = await team.call('POST', '/v1/events', sent);
        expect(body.accepted).toBe(0);
      }
    }),
    { numRuns: 5 },
  );
});

test('the newest event stays in the log, so that positions go on', async () => {
  await post(team, 3);
  await team.keep({ log_days: 1 });
  await team.pass(30 * DAY);
  // The newest is that the retention was changed.
  expect((await team.state()).log).toEqual({ first: 4, head: 4 });
  await team.pass(30 * DAY);
  expect((await team.state()).log).toEqual({ first: 4, head: 4 });
  await post(team, 2);
  await team.pass(30 * DAY);
  await team.archived(4);
  expect((await team.state()).log).toEqual({ first: 5, head: 6 });
});

const FAILS: readonly (readonly [Fault, RegExp])[] = [
  ['refuses', /the bucket is away/],
  ['loses', /the archive has nothing as/],
  ['damages', /the archive has 14 bytes/],
  ['unbound', /bind the R2 bucket/],
];

test.each(FAILS)('an archive that %s keeps every row in the log until it is well again', async (fault, reason) => {
  await post(team, 5);
  await team.pass(2 * DAY);
  await post(team, 1);
  const before = await team.said();
  await team.fault(fault);
  await team.keep({ log_days: 1 });
  await until('a failure that is told', async () => (await team.state()).failure !== null);
  expect(await team.state()).toMatchObject({
    log: { first: 1, head: 7 },
    archive: { parts: 0 },
    failure: { reason: expect.stringMatching(reason) },
  });
  expect(await team.said()).toEqual(before);
  await team.fault('none');
  await team.advance(60_000);
  await team.archived(5);
  await until('a failure that is over', async () => (await team.state()).failure === null);
  expect(await team.said()).toEqual(before);
});

test('an archive that stays away is asked less and less often', async () => {
  await post(team, 5);
  await team.pass(2 * DAY);
  await post(team, 1);
  await team.fault('refuses');
  await team.keep({ log_days: 1 });
  const failures = new Set<string>();
  for (let minute = 0; minute < 30; minute += 1) {
    await team.advance(60_000);
    await until('a failure', async () => (await team.state()).failure !== null);
    failures.add((await team.state()).failure.at);
  }
  expect(failures.size).toBeLessThan(10);
});

const CRASHES: readonly Fault[] = [
  'crash before',
  'crash after',
  { crashWhen: 'SELECT 1 WHERE (SELECT count(*) FROM log) <= 150' },
];

test.each(CRASHES)('after a %j the next start goes on where it stood: nothing lost, nothing twice', async (fault) => {
  // Rows are deleted 200 at a time.
  await Promise.all(Array.from({ length: 350 }, () => post(team, 1)));
  await team.pass(2 * DAY);
  await post(team, 1);
  const before = await team.said();
  await team.keep({ log_days: null });
  await team.fault(fault);
  await team.keep({ log_days: 1 }).catch(() => undefined);
  // The crash takes the clock that was set forward with it.
  await until('a crash', async () => {
    const [row] = await team.query('SELECT count(*) AS n FROM part').catch(() => []);
    return Number(row?.['n']) > 0 && (await team.looks().catch(() => 1_000)) < 5;
  });
  const [part] = await team.query('SELECT first, last, written IS NOT NULL AS written FROM part');
  expect(part).toEqual({ first: 1, last: 350, written: typeof fault === 'object' ? 1 : 0 });
  expect(await team.said()).toEqual(before);
  await team.advance(2 * DAY);
  await team.archived(350);
  expect(await team.said()).toEqual(before);
  const bucket = await relay.relay.runtime.getR2Bucket('ARCHIVE');
  expect((await bucket.list({ prefix: `${team.id}/` })).objects).toHaveLength(1);
});

test('a part that is missing or damaged is said to be, and not passed over', async () => {
  await post(team, 3);
  await team.pass(2 * DAY);
  await post(team, 1);
  await team.keep({ log_days: 1 });
  await team.archived(3);
  const { key } = (await team.call('GET', '/v1/archive')).body.parts[0];
  const unbound = await team.call('GET', '/v1/events', undefined, { headers: { 'x-test-unbound': 'yes' } });
  expect([unbound.status, unbound.body.type]).toEqual([503, 'urn:gasline:problem:archive-unreadable']);
  const bucket = await relay.relay.runtime.getR2Bucket('ARCHIVE');
  await bucket.put(key, 'something else');
  const damaged = await team.call('GET', '/v1/events');
  expect([damaged.status, damaged.body.detail]).toEqual([503, expect.stringContaining('damaged')]);
  await bucket.delete(key);
  const missing = await team.call('GET', '/v1/events');
  expect([missing.status, missing.body.detail]).toEqual([503, expect.stringContaining(`has no ${key}`)]);
  expect((await team.call('GET', '/v1/events?after=3')).body.events).toHaveLength(2);
});

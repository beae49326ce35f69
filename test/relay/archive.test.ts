import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { batch, idle, message, source } from './builders.ts';
import { addEndpoint, post } from './endpoint.ts';
import { call, startTestRelay, type Fault, type Reply, type TestRelay, type TestTeam } from './harness.ts';
import { arrivals, history } from './history.ts';
import { readLog } from './oracle.ts';
import { startReceiver, type Receiver } from './receiver.ts';

const DAY = 24 * 3_600_000;

let relay: TestRelay;
let team: TestTeam;
let receiver: Receiver;
let ahead: number;
beforeAll(async () => {
  relay = await startTestRelay();
});
afterAll(() => relay.close());
beforeEach(async () => {
  team = await relay.team();
  ahead = 0;
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

async function keep(given: object): Promise<void> {
  const { status, body } = await team.call('PUT', '/v1/retention', given);
  if (status !== 200) throw new Error(JSON.stringify(body));
}

async function state(): Promise<Reply['body']> {
  return (await team.call('GET', '/v1/retention')).body;
}

/** Lets time pass and the day's sweep end. */
async function pass(ms: number): Promise<void> {
  ahead += ms;
  await team.advance(ms);
  await until('a sweep that has ended', async () => {
    const [row] = await team.query('SELECT due FROM retention');
    return Number(row?.['due']) > Date.now() + ahead;
  });
}

async function archived(upTo: number): Promise<void> {
  await until(`a log without its first ${upTo}`, async () => (await state()).log.first === upTo + 1);
}

test('what leaves the log is read from the archive, and a reader goes on into the log without a seam', async () => {
  await post(team, 7);
  await post(team, 5, ['session.idle', 'custom.type']);
  await pass(2 * DAY);
  await post(team, 4);
  const before = await readLog(team);
  await keep({ log_days: 1 });
  await archived(12);
  expect(await readLog(team)).toEqual(before);
  expect((await team.query('SELECT count(*) AS n FROM log'))[0]).toEqual({ n: 1 });

  const seen: Reply['body'][] = [];
  for (let after: number | null = 2; after !== null;) {
    const { body } = await team.call('GET', `/v1/events?limit=2&after=${after}&type=session.*`);
    expect([body.head, body.events.length <= 2]).toEqual([16, true]);
    seen.push(...body.events);
    after = body.next;
  }
  expect(seen).toEqual(before.filter(({ seq, type }) => seq > 2 && type === 'session.idle'));
});

test('a part is gzipped NDJSON under a name that sorts, with the checksum that the list gives', async () => {
  await post(team, 3);
  await pass(2 * DAY);
  await post(team, 1);
  const events = await readLog(team);
  await keep({ log_days: 1 });
  await archived(3);
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
  await pass(2 * DAY);
  await post(team, 1);
  await keep({ log_days: 1 });
  await archived(13_000);
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
  expect((await readLog(team)).map(({ seq }) => seq)).toEqual(Array.from({ length: 13_001 }, (_, at) => at + 1));
});

test("a session's timeline begins in the archive", async () => {
  await team.call('POST', '/v1/events', batch([message(1), idle(2, { session: 'ses_2' }), idle(3)]));
  await pass(2 * DAY);
  await team.call('POST', '/v1/events', batch([idle(4)]));
  await keep({ log_days: 1 });
  await archived(3);
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
      team = await relay.team();
      ahead = 0;
      for (const sent of batches) await team.call('POST', '/v1/events', sent);
      await pass(3 * DAY);
      await post(team, 1);
      const before = await Promise.all(paths.map((path) => team.call('GET', path)));
      const { head } = (await state()).log;
      fc.pre(head > 1);
      await keep({ log_days: 1 });
      await archived(head - 1);
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
  await keep({ log_days: 1 });
  await pass(30 * DAY);
  expect((await state()).log).toEqual({ first: 1, head: 3 });
  await post(team, 2);
  await pass(30 * DAY);
  await archived(3);
  expect((await state()).log).toEqual({ first: 4, head: 5 });
});

const FAILS: readonly (readonly [Fault, RegExp])[] = [
  ['refuses', /the bucket is away/],
  ['loses', /the archive has nothing as/],
  ['damages', /the archive has 14 bytes/],
  ['unbound', /bind the R2 bucket/],
];

test.each(FAILS)('an archive that %s keeps every row in the log until it is well again', async (fault, reason) => {
  await post(team, 5);
  await pass(2 * DAY);
  await post(team, 1);
  const before = await readLog(team);
  await team.fault(fault);
  await keep({ log_days: 1 });
  await until('a failure that is told', async () => (await state()).failure !== null);
  expect(await state()).toMatchObject({
    log: { first: 1, head: 6 },
    archive: { parts: 0 },
    failure: { reason: expect.stringMatching(reason) },
  });
  expect(await readLog(team)).toEqual(before);
  await team.fault('none');
  await team.advance(60_000);
  await archived(5);
  await until('a failure that is over', async () => (await state()).failure === null);
  expect(await readLog(team)).toEqual(before);
});

test('an archive that stays away is asked less and less often', async () => {
  await post(team, 5);
  await pass(2 * DAY);
  await post(team, 1);
  await team.fault('refuses');
  await keep({ log_days: 1 });
  const failures = new Set<string>();
  for (let minute = 0; minute < 30; minute += 1) {
    await team.advance(60_000);
    await until('a failure', async () => (await state()).failure !== null);
    failures.add((await state()).failure.at);
  }
  expect(failures.size).toBeLessThan(10);
});

const CRASHES: readonly Fault[] = ['crash before', 'crash after', { crashAtRows: 150 }];

test.each(CRASHES)('after a %j the next start goes on where it stood: nothing lost, nothing twice', async (fault) => {
  // Rows are deleted 200 at a time.
  await Promise.all(Array.from({ length: 350 }, () => post(team, 1)));
  await pass(2 * DAY);
  await post(team, 1);
  const before = await readLog(team);
  await keep({ log_days: null });
  await team.fault(fault);
  await keep({ log_days: 1 }).catch(() => undefined);
  // The crash takes the clock that was set forward with it.
  await until('a crash', async () => {
    const [row] = await team.query('SELECT count(*) AS n FROM part').catch(() => []);
    return Number(row?.['n']) > 0 && (await team.looks().catch(() => 1_000)) < 5;
  });
  const [part] = await team.query('SELECT first, last, written IS NOT NULL AS written FROM part');
  expect(part).toEqual({ first: 1, last: 350, written: typeof fault === 'object' ? 1 : 0 });
  expect(await readLog(team)).toEqual(before);
  await team.advance(2 * DAY);
  await archived(350);
  expect(await readLog(team)).toEqual(before);
  const bucket = await relay.relay.runtime.getR2Bucket('ARCHIVE');
  expect((await bucket.list({ prefix: `${team.id}/` })).objects).toHaveLength(1);
});

test('a part that is missing or damaged is said to be, and not passed over', async () => {
  await post(team, 3);
  await pass(2 * DAY);
  await post(team, 1);
  await keep({ log_days: 1 });
  await archived(3);
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
  expect((await team.call('GET', '/v1/events?after=3')).body.events).toHaveLength(1);
});

function told(log: readonly Reply['body'][]): [string, object][] {
  return log.filter(({ source }) => source.id === 'gasline:relay').map(({ type, data }) => [type, data]);
}

test('an endpoint that needs old rows keeps them for a week and the team is told each day, then it is overtaken', async () => {
  const slow = await addEndpoint(team, receiver.url);
  await team.call('POST', `${slow.path}/disable`);
  const prompt = await addEndpoint(team, receiver.url, { events: ['archive.*', 'endpoint.*'] });
  await post(team, 4);
  await keep({ log_days: 1 });
  await pass(2 * DAY);
  await post(team, 1);
  await pass(DAY);
  expect((await state()).log.first).toBe(1);
  const [hold] = (await state()).waiting;
  expect(hold).toMatchObject({ endpoint: slow.id });
  expect(Date.parse(hold.until) - Date.parse(hold.since)).toBe(7 * DAY);
  for (let day = 0; day < 8; day += 1) await pass(DAY);
  await until('a log that has been shortened', async () => (await state()).log.first > 1);

  const said = told(await readLog(team));
  const waiting = said.filter(([type]) => type === 'archive.waiting');
  expect(waiting.length).toBeGreaterThanOrEqual(6);
  expect(waiting.length).toBeLessThanOrEqual(8);
  expect(waiting[0]).toEqual(['archive.waiting', { endpoint: slow.id, cursor: 0, needs_after: 0, until: hold.until }]);
  const overtaken = said.filter(([type]) => type === 'endpoint.overtaken');
  expect(overtaken).toHaveLength(1);
  const [, data] = overtaken[0] as [string, { to: number }];
  expect(data).toEqual({ endpoint: slow.id, cursor: 0, to: data.to, positions: data.to, retries: 0 });
  expect(await slow.show()).toMatchObject({ cursor: data.to });
  await prompt.settled();
  const heard = receiver.deliveries.map(({ event }) => event.type);
  expect(heard.filter((type) => type === 'endpoint.overtaken')).toHaveLength(1);
  // What the archive has can still be read, all of it.
  expect((await readLog(team)).slice(0, 5).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
});

test('an endpoint that catches up lets the rows go and starts with a grace of its own the next time', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await team.call('POST', `${endpoint.path}/disable`);
  await post(team, 4);
  await keep({ log_days: 1 });
  await pass(2 * DAY);
  await post(team, 1);
  await pass(DAY);
  expect((await state()).waiting).toHaveLength(1);
  await team.call('POST', `${endpoint.path}/enable`);
  await endpoint.settled();
  await pass(2 * DAY);
  await until('rows that go', async () => (await state()).log.first > 4);
  expect((await state()).waiting).toEqual([]);
  expect(told(await readLog(team)).map(([type]) => type)).not.toContain('endpoint.overtaken');
});

test('an event that waits for a retry keeps its row, and when it is overtaken no other is sent in its place', async () => {
  receiver.answer(({ event }) => ({ status: event.seq === 2 ? 410 : 200 }));
  const endpoint = await addEndpoint(team, receiver.url, { events: ['session.idle'] });
  await post(team, 3);
  await until('an endpoint that is gone', async () => (await endpoint.show()).state === 'disabled');
  await keep({ log_days: 1 });
  await pass(2 * DAY);
  await post(team, 1);
  await pass(DAY);
  expect((await state()).log.first).toBeLessThanOrEqual(2);
  for (let day = 0; day < 8; day += 1) await pass(DAY);
  await until('a log that has been shortened', async () => (await state()).log.first > 3);
  const overtaken = told(await readLog(team)).find(([type]) => type === 'endpoint.overtaken')?.[1];
  expect(overtaken).toMatchObject({ endpoint: endpoint.id, retries: 1 });
  receiver.answer(() => ({ status: 200 }));
  const before = receiver.deliveries.length;
  await team.call('POST', `${endpoint.path}/enable`);
  await post(team, 1);
  await endpoint.settled();
  const log = await readLog(team);
  const after = receiver.seqs().slice(before);
  expect(after).toContain(log.at(-1)?.seq);
  expect(after).not.toContain(2);
});

test('who asks for a delivery of archived events is told, and the cursor stays', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 4);
  await endpoint.settled();
  await pass(2 * DAY);
  await post(team, 1);
  await endpoint.settled();
  await keep({ log_days: 1 });
  await archived(4);
  for (const from of [{ after: 3 }, { since: '2026-01-01T00:00:00Z' }, { after: 0, dry_run: true }]) {
    const { status, body } = await team.call('POST', `${endpoint.path}/replay`, from);
    expect([status, body.type]).toEqual([409, 'urn:gasline:problem:archived']);
    expect(body.detail).toContain('start after 4');
  }
  const made = await team.call('POST', '/v1/endpoints', { kind: 'webhook', url: receiver.url, after: 2 });
  expect([made.status, made.body.type]).toEqual([409, 'urn:gasline:problem:archived']);
  expect(await endpoint.show()).toMatchObject({ cursor: 5 });
  const { body } = await team.call('POST', `${endpoint.path}/replay`, { after: 4 });
  expect(body).toMatchObject({ after: 4, positions: 1 });
});

test('attempts go with their age, however many there are, and the newer stay', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 5);
  await endpoint.settled();
  await team.query(`UPDATE attempt SET at = at - ${20 * DAY} WHERE seq <= 3`);
  await team.query(`INSERT INTO attempt
                    SELECT '${endpoint.id}', seq, number.value, at, 0, 'retry', NULL, NULL, NULL
                      FROM attempt
                      JOIN json_each('[${Array.from({ length: 1_000 }, (_, at) => at + 2).join()}]') AS number`);
  const count = async () => (await team.query('SELECT count(*) AS n, max(seq) - min(seq) AS span FROM attempt'))[0];
  await pass(5 * DAY);
  expect(await count()).toEqual({ n: 5_005, span: 4 });
  await pass(10 * DAY);
  expect(await count()).toEqual({ n: 2_002, span: 1 });
  await keep({ attempt_days: 7 });
  await until('attempts that have gone', async () => (await count())?.['n'] === 0);
  expect(await readLog(team)).toHaveLength(5);
});

test('sources that were not heard of for long are forgotten with their attributes, but not those with a gap', async () => {
  const sent = (id: string, seq: number) => batch([idle(seq)], { source: source({ id }) });
  await team.call('POST', '/v1/events', sent('whole', 1));
  await team.call('POST', '/v1/events', sent('whole', 2));
  await team.call('POST', '/v1/events', sent('whole_not', 2));
  await keep({ log_days: 30 });
  await pass(100 * DAY);
  await team.call('POST', '/v1/events', sent('new', 1));
  await pass(DAY);
  await archived(3);
  await pass(DAY);
  const ids = async () => (await team.call('GET', '/v1/sources')).body.sources.map(({ id }: Reply['body']) => id);
  await until('sources that are forgotten', async () => (await ids()).length === 2);
  expect((await ids()).toSorted()).toEqual(['new', 'whole_not']);
  const origins = (await team.query('SELECT attributes FROM origin')).map(
    ({ attributes }) => JSON.parse(`${attributes}`).id,
  );
  expect(origins.toSorted()).toEqual(['new', 'whole_not']);
  // It may come back with what it has not said before.
  expect((await team.call('POST', '/v1/events', sent('whole', 3))).body.accepted).toBe(1);
  expect((await readLog(team)).at(-1)).toMatchObject({ source: { id: 'whole' }, origin: { seq: 3 } });
});

test('what late spend is shown as does not depend on how exactly its coming is kept', async () => {
  const late = message(1, { created_at: '2026-11-20T09:00:00.000Z', cost_usd: '0.5' });
  await team.call('POST', '/v1/events', batch([late]));
  await team.call('POST', '/v1/events', batch([message(2, { ...late.data, message: 'msg_2' } as never)]));
  const { body } = await team.call('GET', '/v1/usage?from=2026-11-20&to=2026-11-21');
  expect(body.total).toMatchObject({ cost_usd: '1', late_usd: '1' });
  expect((await team.query('SELECT count(*) AS n FROM late'))[0]?.['n']).toBeLessThanOrEqual(2);
});

test('retention is an admin’s to set, within bounds, and needs an archive for the log', async () => {
  expect(await state()).toMatchObject({
    log_days: null,
    attempt_days: 30,
    log: { first: 1, head: 0 },
    archive: { bound: true, parts: 0, bytes: 0, up_to: 0 },
    waiting: [],
    failure: null,
  });
  for (const given of [{ log_days: 0 }, { log_days: 1.5 }, { log_days: 9_999 }, { attempt_days: 3 }, { days: 1 }]) {
    const { status, body } = await team.call('PUT', '/v1/retention', given);
    expect([status, body.type]).toEqual([400, 'urn:gasline:problem:body-malformed']);
  }
  const unbound = { headers: { 'x-test-unbound': 'yes' } };
  const refused = await team.call('PUT', '/v1/retention', { log_days: 30 }, unbound);
  expect([refused.status, refused.body.type]).toEqual([409, 'urn:gasline:problem:archive-missing']);
  expect((await team.call('PUT', '/v1/retention', { attempt_days: 60 }, unbound)).body).toMatchObject({
    log_days: null,
    attempt_days: 60,
    archive: { bound: false },
  });
  const { body } = await team.call('POST', '/v1/tokens', { scope: 'read', name: 'reader' });
  const reader = (method: string, given?: object) => call(relay.relay.url, body.token, method, '/v1/retention', given);
  expect([(await reader('GET')).status, (await reader('PUT', { log_days: 1 })).status]).toEqual([200, 403]);
});

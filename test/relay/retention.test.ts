import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { batch, idle, message, source } from './builders.ts';
import { addEndpoint, post } from './endpoint.ts';
import { call, type Reply } from './harness.ts';
import { keepingTeam } from './keeping.ts';
import { readLog } from './oracle.ts';
import { useEach, useReceiver, useRelay } from './setup.ts';

const DAY = 24 * 3_600_000;

const relay = useRelay();
const team = useEach(() => keepingTeam(relay));
const receiver = useReceiver();

function told(log: readonly Reply['body'][]): [string, object][] {
  return log.filter(({ source }) => source.id === 'gasline:relay').map(({ type, data }) => [type, data]);
}

test('what a change leaves out stays as it is, and null turns the archive off', async () => {
  await team.keep({ log_days: 90, attempt_days: 60 });
  await team.keep({ attempt_days: 40 });
  expect(await team.state()).toMatchObject({ log_days: 90, attempt_days: 40 });
  await team.keep({ log_days: 30 });
  expect(await team.state()).toMatchObject({ log_days: 30, attempt_days: 40 });
  await team.keep({ log_days: null });
  expect(await team.state()).toMatchObject({ log_days: null, attempt_days: 40 });
});

test('a change of the retention is an event that names who made it', async () => {
  await team.keep({ log_days: 90 });
  const [type, data] = told(await readLog(team))[0] ?? [];
  expect([type, data]).toEqual([
    'retention.changed',
    { by: expect.any(String), log_days: 90, attempt_days: 30, mail_days: 30 },
  ]);
});

test('an endpoint that needs old rows keeps them for a week and the team is told each day, then it is overtaken', async () => {
  const slow = await addEndpoint(team, receiver.url);
  await team.call('POST', `${slow.path}/disable`);
  const prompt = await addEndpoint(team, receiver.url, { events: ['archive.*', 'endpoint.*'] });
  await post(team, 4);
  await team.keep({ log_days: 1 });
  await team.pass(2 * DAY);
  await post(team, 1);
  await team.pass(DAY);
  expect((await team.state()).log.first).toBe(1);
  const [hold] = (await team.state()).waiting;
  expect(hold).toMatchObject({ endpoint: slow.id });
  expect(Date.parse(hold.until) - Date.parse(hold.since)).toBe(7 * DAY);
  for (let day = 0; day < 8; day += 1) await team.pass(DAY);
  await until('a log that has been shortened', async () => (await team.state()).log.first > 1);

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
  await team.keep({ log_days: 1 });
  await team.pass(2 * DAY);
  await post(team, 1);
  await team.pass(DAY);
  expect((await team.state()).waiting).toHaveLength(1);
  await team.call('POST', `${endpoint.path}/enable`);
  await endpoint.settled();
  await team.pass(2 * DAY);
  await until('rows that go', async () => (await team.state()).log.first > 4);
  expect((await team.state()).waiting).toEqual([]);
  expect(told(await readLog(team)).map(([type]) => type)).not.toContain('endpoint.overtaken');
});

test('an event that waits for a retry keeps its row, and when it is overtaken no other is sent in its place', async () => {
  receiver.answer(({ event }) => ({ status: event.seq === 2 ? 410 : 200 }));
  const endpoint = await addEndpoint(team, receiver.url, { events: ['session.idle'] });
  await post(team, 3);
  await until('an endpoint that is gone', async () => (await endpoint.show()).state === 'disabled');
  await team.keep({ log_days: 1 });
  await team.pass(2 * DAY);
  await post(team, 1);
  await team.pass(DAY);
  expect((await team.state()).log.first).toBeLessThanOrEqual(2);
  for (let day = 0; day < 8; day += 1) await team.pass(DAY);
  await until('a log that has been shortened', async () => (await team.state()).log.first > 3);
  const overtaken = told(await readLog(team)).find(([type]) => type === 'endpoint.overtaken')?.[1];
  expect(overtaken).toMatchObject({ endpoint: endpoint.id, retries: 1 });
  receiver.answer(() => ({ status: 200 }));
  const before = receiver.deliveries.length;
  await team.call('POST', `${endpoint.path}/enable`);
  await post(team, 1);
  await endpoint.settled();
  const log = await readLog(team);
  const after = receiver.seqs().slice(before);
  expect(after).toContain(log.findLast(({ type }) => type === 'session.idle')?.seq);
  expect(after).not.toContain(2);
});

test('who asks for a delivery of archived events is told, and the cursor stays', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 4);
  await endpoint.settled();
  await team.pass(2 * DAY);
  await post(team, 1);
  await endpoint.settled();
  await team.keep({ log_days: 1 });
  await team.archived(4);
  for (const from of [{ after: 3 }, { since: '2026-01-01T00:00:00Z' }, { after: 0, dry_run: true }]) {
    const { status, body } = await team.call('POST', `${endpoint.path}/replay`, from);
    expect([status, body.type]).toEqual([409, 'urn:gasline:problem:archived']);
    expect(body.detail).toContain('start after 4');
  }
  const made = await team.call('POST', '/v1/endpoints', { kind: 'webhook', url: receiver.url, after: 2 });
  expect([made.status, made.body.type]).toEqual([409, 'urn:gasline:problem:archived']);
  expect(await endpoint.show()).toMatchObject({ cursor: 6 });
  const { body } = await team.call('POST', `${endpoint.path}/replay`, { after: 4 });
  expect(body).toMatchObject({ after: 4, positions: 2 });
});

test('attempts go with their age, however many there are, and the newer stay', async () => {
  const endpoint = await addEndpoint(team, receiver.url, { events: ['session.idle'] });
  await post(team, 5);
  await endpoint.settled();
  await team.query(`UPDATE attempt SET at = at - ${20 * DAY} WHERE seq <= 3`);
  await team.query(`INSERT INTO attempt (endpoint, seq, number, at, duration_ms, outcome, exchange)
                    SELECT '${endpoint.id}', seq, number.value, at, 0, 'retry', exchange
                      FROM attempt
                      JOIN json_each('[${Array.from({ length: 1_000 }, (_, at) => at + 2).join()}]') AS number`);
  const count = async () => (await team.query('SELECT count(*) AS n, max(seq) - min(seq) AS span FROM attempt'))[0];
  await team.pass(5 * DAY);
  expect(await count()).toEqual({ n: 5_005, span: 4 });
  const bytes = async () => Number((await team.query('SELECT total(length(exchange)) AS n FROM attempt'))[0]?.['n']);
  const before = await bytes();
  await team.pass(10 * DAY);
  expect(await count()).toEqual({ n: 2_002, span: 1 });
  expect((await bytes()) / before).toBeCloseTo(0.4, 2);
  await team.keep({ attempt_days: 7 });
  await until('attempts that have gone', async () => (await count())?.['n'] === 0);
  expect([before > 5_005 * 200, await bytes()]).toEqual([true, 0]);
  expect(await team.said()).toHaveLength(5);
});

test('what was said of a budget or a day is forgotten after more than a year', async () => {
  const [old, young] = [401, 300].map((days) => Date.now() - days * DAY);
  await team.query(`INSERT INTO said VALUES ('digest.daily', '', ${old}), ('digest.daily', '', ${young})`);
  await team.query(`INSERT INTO budget_fire VALUES ('bud_1', ${old}, 50), ('bud_1', ${young}, 50)`);
  await team.pass(1.5 * DAY);
  expect(await team.query('SELECT at FROM said')).toEqual([{ at: young }]);
  expect(await team.query('SELECT period_start FROM budget_fire')).toEqual([{ period_start: young }]);
});

test('sources that were not heard of for long are forgotten with their attributes, but not those with a gap', async () => {
  const sent = (id: string, seq: number) => batch([idle(seq)], { source: source({ id }) });
  await team.call('POST', '/v1/events', sent('whole', 1));
  await team.call('POST', '/v1/events', sent('whole', 2));
  await team.call('POST', '/v1/events', sent('whole_not', 2));
  await team.keep({ log_days: 30 });
  await team.pass(100 * DAY);
  await team.call('POST', '/v1/events', sent('new', 1));
  await team.pass(DAY);
  await team.archived(4);
  await team.pass(DAY);
  const ids = async () => (await team.call('GET', '/v1/sources')).body.sources.map(({ id }: Reply['body']) => id);
  await until('sources that are forgotten', async () => (await ids()).length === 2);
  expect((await ids()).toSorted()).toEqual(['new', 'whole_not']);
  const origins = (await team.query('SELECT attributes FROM origin')).map(
    ({ attributes }) => JSON.parse(`${attributes}`).id,
  );
  expect(new Set(origins)).toEqual(new Set(['new', 'whole_not', 'gasline:relay']));
  // It may come back with what it has not said before.
  expect((await team.call('POST', '/v1/events', sent('whole', 3))).body.accepted).toBe(1);
  expect((await readLog(team)).at(-1)).toMatchObject({ source: { id: 'whole' }, origin: { seq: 3 } });
});

test('what late spend is shown as does not depend on how exactly its coming is kept', async () => {
  const late = message(1, { created_at: '2026-11-20T09:00:00.000Z', cost_usd: '0.5' });
  await team.call('POST', '/v1/events', batch([late]));
  await team.call('POST', '/v1/events', batch([message(2, { ...late.data, message: 'msg_2' })]));
  const { body } = await team.call('GET', '/v1/usage?from=2026-11-20&to=2026-11-21');
  expect(body.total).toMatchObject({ cost_usd: '1', late_usd: '1' });
  const inexact = 'SELECT count(*) AS n, sum(received % 900000) AS rest FROM late_hour';
  expect((await team.query(inexact))[0]).toMatchObject({ rest: 0 });
});

test('the attempts of an endpoint that is gone go with it, however many', async () => {
  const [gone, stays] = [await addEndpoint(team, receiver.url), await addEndpoint(team, receiver.url)];
  await post(team, 900);
  await Promise.all([gone.settled(), stays.settled()]);
  const count = async () => (await team.query('SELECT count(*) AS n FROM attempt'))[0]?.['n'];
  expect(await count()).toBe(1_800);
  expect((await team.call('DELETE', gone.path)).status).toBe(204);
  expect((await team.call('GET', '/v1/attempts?limit=1000')).body.attempts).toHaveLength(900);
  await until('the rest', async () => (await count()) === 900);
  expect(await stays.attempts('limit=1000')).toHaveLength(900);
});

test('retention is an admin’s to set, within bounds, and needs an archive for the log', async () => {
  expect(await team.state()).toMatchObject({
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

import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { addEndpoint, post } from './endpoint.ts';
import { keepingTeam } from './keeping.ts';
import { replay, replayed, time } from './replay.ts';
import { useEach, useReceiver, useRelay } from './setup.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const relay = useRelay();
const team = useEach(() => keepingTeam(relay));
const receiver = useReceiver();

test('what is archived is not sent again and the answer says so; what is to be sent again keeps its row', async () => {
  const endpoint = await addEndpoint(team, receiver.url, { events: ['session.idle'] });
  await post(team, 4);
  await endpoint.settled();
  await team.call('POST', `${endpoint.path}/disable`);
  await replay(team, endpoint, { event: `${team.id}-3` });
  await team.pass(2 * DAY);
  await post(team, 1);
  await team.keep({ log_days: 1, attempt_days: 7 });
  await team.pass(DAY);
  expect((await team.state()).log.first).toBe(1);
  await team.call('POST', `${endpoint.path}/enable`);
  await replayed(endpoint);
  expect(receiver.seqs().filter((seq) => seq === 3)).toHaveLength(2);
  await team.pass(DAY);
  await until('a shorter log', async () => (await team.state()).log.first > 4);
  const { status, body } = await team.call('POST', `${endpoint.path}/replay`, { event: `${team.id}-2` });
  expect([status, body.type]).toEqual([409, 'urn:gasline:problem:archived']);
  const range = { since: time(-40 * DAY), until: time(10 * DAY), dry_run: true };
  const missing = await replay(team, endpoint, { missing: true, ...range });
  expect(missing.notes[0]).toMatch(/^events up to \d+ are in the archive and are not delivered any more$/);
});

test('what is held back comes by itself, what was folded is missing', async () => {
  const endpoint = await addEndpoint(team, receiver.url, { delivery: { group_s: 600 } });
  // One session: the first goes out, the others wait for the end of its interval, as the newest of them.
  await post(team, 4);
  await until('a delivery', async () => (await endpoint.show()).behind === 0);
  expect(await endpoint.show()).toMatchObject({ held: 1 });
  const range = { missing: true, since: time(-HOUR), until: time(HOUR) };
  expect(await replay(team, endpoint, { ...range, dry_run: true })).toMatchObject({ events: 2 });
  const { status, body } = await team.call('POST', `${endpoint.path}/replay`, { event: `${team.id}-4` });
  expect([status, body.detail]).toEqual([400, expect.stringContaining('is held back')]);
  expect(await replay(team, endpoint, range)).toMatchObject({ events: 2 });
  await replayed(endpoint);
  await team.advance(601_000);
  await until('the end of the interval', async () => (await endpoint.show()).held === 0);
  await replayed(endpoint);
  expect(receiver.seqs()).toEqual([1, 2, 3, 4]);
});

test('who pulls moves the cursor back and is sent nothing', async () => {
  const { body: made } = await team.call('POST', '/v1/endpoints', { kind: 'pull', name: 'bridge' });
  const path = `/v1/endpoints/${made.endpoint.id}/replay`;
  await post(team, 3);
  await team.call('POST', `/v1/endpoints/${made.endpoint.id}/ack`, { upto: 3 });
  for (const order of [{ event: `${team.id}-2` }, { failed: true }]) {
    const { status, body } = await team.call('POST', path, order);
    expect([status, body.type]).toEqual([409, 'urn:gasline:problem:endpoint-kind']);
  }
  const { body } = await team.call('POST', path, { after: 1, dry_run: true });
  expect(body).toMatchObject({ after: 1, positions: 2, events: 2 });
});

test('where attempts have gone the answer says what it cannot know', async () => {
  const endpoint = await addEndpoint(team, receiver.url);
  await post(team, 2);
  await endpoint.settled();
  await team.advance(31 * DAY);
  const since = time(-HOUR);
  const missing = await replay(team, endpoint, { missing: true, since, until: time(HOUR), dry_run: true });
  expect(missing.notes).toEqual([
    expect.stringMatching(/^no attempt from before 20.*Z is kept: .* counts as missing$/),
  ]);
  const failed = await replay(team, endpoint, { failed: true, dry_run: true });
  expect(failed.notes).toEqual([expect.stringMatching(/what failed until then is not counted$/)]);
  const recent = await replay(team, endpoint, { failed: true, since: time(30 * DAY), dry_run: true });
  expect(recent.notes).toEqual([]);
});

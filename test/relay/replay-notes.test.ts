import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { addEndpoint, post } from './endpoint.ts';
import { startTestRelay, type TestRelay } from './harness.ts';
import { keepingTeam, type KeepingTeam } from './keeping.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import { replay, replayed, time } from './replay.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let relay: TestRelay;
let team: KeepingTeam;
let receiver: Receiver;
beforeAll(async () => {
  relay = await startTestRelay();
});
afterAll(() => relay.close());
beforeEach(async () => {
  team = await keepingTeam(relay);
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

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

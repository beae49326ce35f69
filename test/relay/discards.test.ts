import { describe, expect, test } from 'vitest';

import { batch, event, message, source } from './builders.ts';
import type { TestTeam } from './harness.ts';
import { useRelay } from './setup.ts';

const relay = useRelay();

const RANGE = 'from=2026-11-20&to=2026-11-21';
const INFO = { parent: null, created_at: '2026-11-20T09:00:00.000Z', title: null };

async function totalOf(team: TestTeam) {
  return (await team.call('GET', `/v1/usage?${RANGE}`)).body.total;
}

describe('discarded work', () => {
  const paid = message(1, { message: 'msg_1', cost_usd: '1' });
  const removed = event(2, 'message.removed', { message: 'msg_1' });
  const deleted = event(3, 'session.deleted', INFO);
  const other = message(4, { message: 'msg_2', cost_usd: '2' });

  test.each([
    ['a message that was reverted', [paid, removed, other], '1'],
    ['one whose removal came first', [removed, paid, other], '1'],
    ['a session that was deleted', [paid, other, deleted], '3'],
    ['one whose deletion came first', [deleted, paid, other], '3'],
    ['a message both removed and deleted', [paid, removed, deleted], '1'],
  ])('%s stays paid for and is shown', async (_, events, discarded) => {
    const team = await relay.team();
    for (const one of events) await team.call('POST', '/v1/events', batch([one]));
    const total = await totalOf(team);
    expect(total.discarded_usd).toBe(discarded);
    expect(total.cost_usd).toBe(events.includes(other) ? '3' : '1');
    const { body } = await team.call('GET', `/v1/usage?${RANGE}&group_by=state`);
    expect(body.rows.find((row: Record<string, string>) => row['state'] === 'discarded')).toMatchObject({
      cost_usd: discarded,
      discarded_usd: discarded,
    });
    expect((await team.call('GET', '/v1/sessions/ses_1')).body.discarded_usd).toBe(discarded);
  });

  test('a report that comes after its removal is charged at its new figure, and discarded', async () => {
    const team = await relay.team();
    await team.call('POST', '/v1/events', batch([paid, removed]));
    await team.call('POST', '/v1/events', batch([message(5, { message: 'msg_1', cost_usd: '1.5' })]));
    expect(await totalOf(team)).toMatchObject({ messages: 1, cost_usd: '1.5', discarded_usd: '1.5' });
  });
});

test('a backfill that says what is known adds nothing to the log, and what was heard live stands', async () => {
  const team = await relay.team();
  const past = (id: string, cost: string) =>
    batch([event(1, 'session.created', INFO), message(2, { message: 'msg_1', cost_usd: cost })], {
      source: source({ id, backfill: true }),
    });
  expect((await team.call('POST', '/v1/events', past('b1', '1'))).body).toMatchObject({ accepted: 2, duplicates: 0 });
  expect((await team.call('POST', '/v1/events', past('b2', '1'))).body).toMatchObject({ accepted: 0, duplicates: 2 });
  expect((await team.call('POST', '/v1/events', past('b3', '3'))).body).toMatchObject({ accepted: 1, duplicates: 1 });
  expect(await totalOf(team)).toMatchObject({ messages: 1, cost_usd: '3' });
  await team.call('POST', '/v1/events', batch([message(1, { message: 'msg_1', cost_usd: '2' })]));
  expect((await team.call('POST', '/v1/events', past('b4', '9'))).body).toMatchObject({ accepted: 0, duplicates: 2 });
  expect(await totalOf(team)).toMatchObject({ messages: 1, cost_usd: '2' });
  const { body } = await team.call('GET', '/v1/sources');
  expect(body.sources.map(({ missing }: { missing: number }) => missing)).toEqual([0, 0, 0, 0, 0]);
});

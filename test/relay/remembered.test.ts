import { expect, test } from 'vitest';

import { batch, message, source } from './builders.ts';
import { useRelay } from './setup.ts';

const relay = useRelay();

test('of two machines that remember one session the same is charged, whichever says it first, and however often', async () => {
  const past = (id: string, member: string, seq: number) =>
    batch([message(seq, { message: 'msg_1', cost_usd: '1' }, { time: '2026-11-20T09:00:05.000Z' })], {
      source: source({ id, member, backfill: true }),
    });
  const [ada, again, bob] = [past('src_9', 'ada', 9), past('src_5', 'ada', 12), past('src_1', 'bob', 1)];
  for (const order of [
    [ada, again, bob],
    [bob, ada, again],
    [ada, bob, again],
  ]) {
    const team = await relay.team();
    for (const one of order) expect((await team.call('POST', '/v1/events', one)).status).toBe(202);
    const { rows } = (await team.call('GET', `/v1/usage?from=2026-11-20&to=2026-11-21&group_by=member`)).body;
    expect(rows).toMatchObject([{ member: 'bob', cost_usd: '1' }]);
    expect((await team.call('GET', '/v1/sessions/ses_1')).body).toMatchObject({ member: 'bob', cost_usd: '1' });
    const repeated = await team.call('POST', '/v1/events', past('src_7', 'bob', 3));
    expect(repeated.body).toMatchObject({ accepted: 0, duplicates: 1 });
  }
});

// How long a session worked before it fell idle.
import { describe, expect, test } from 'vitest';

import { addEndpoint } from './endpoint.ts';
import { asked, busy, idle, machine, MINUTE } from './machine.ts';
import { readLog } from './oracle.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver();

describe('an idle session', () => {
  const workedIn = async () =>
    (await readLog(team)).flatMap(({ type, data }) => (type === 'session.idle' ? [data.worked_s ?? null] : []));

  test('says how long it worked, within a batch and over several', async () => {
    const box = machine(team);
    await box.say(busy(), idle({ at: 61_500 }));
    await box.say(busy());
    await box.wait(5 * MINUTE);
    await box.say(
      ['session.compacted', {}],
      ['session.status', { data: { status: 'retry', attempt: 1, next_at: null } }],
    );
    await box.say(busy());
    await box.wait(MINUTE);
    await box.say(idle());
    await box.say(idle());
    const [first, second, third] = await workedIn();
    expect([first, third]).toEqual([61, null]);
    expect(Math.abs((second ?? 0) - 60)).toBeLessThan(5);
  });

  test('worked since it was answered, and not where nobody knows since when', async () => {
    const box = machine(team);
    const replied = (at: number) => ['permission.replied', { at, data: { request: 'per_1', reply: 'once' } }] as const;
    await box.say(busy(), asked({ at: 60_000 }), replied(600_000), idle({ at: 630_000 }));
    await box.say(busy(), asked({ at: 1 }));
    await box.say(idle({ at: 60_000 }));
    await box.say(idle({ session: 'unknown' }), busy({ session: 'x', at: 5_000 }), idle({ session: 'x', at: 1_000 }));
    expect(await workedIn()).toEqual([30, null, null, null]);
  });

  test('is told of by a chat with it, and by a filter only after long work', async () => {
    const box = machine(team);
    const where = { 'data.worked_s': { $gte: 600 } };
    const long = await addEndpoint(team, receiver.url, { events: ['session.idle'], where });
    const chat = await addEndpoint(team, new URL('services/T1/B1/s', receiver.url).href, {
      kind: 'slack',
      ordered: true,
    });
    await box.say(busy(), idle({ at: 59_000 }), busy({ at: 60_000 }), idle({ at: 60_000 + 754_000 }));
    await long.settled();
    await chat.settled();
    const [slow, ...others] = receiver.deliveries.filter(({ path }) => path === '/');
    expect([slow?.event.data, others]).toEqual([{ worked_s: 754 }, []]);
    const texts = receiver.deliveries.filter(({ path }) => path !== '/').map(({ event: sent }) => sent.text);
    expect(texts).toEqual([
      expect.stringContaining('The agent has finished · Worked for: less than a minute'),
      expect.stringContaining('The agent has finished · Worked for: 12 min'),
    ]);
  });

  test('cannot say so itself, and an event that comes again stays as it was', async () => {
    const box = machine(team);
    await box.say(idle({ data: { worked_s: 7 } }));
    const [event] = await readLog(team);
    expect(event.data).toEqual({});
  });
});

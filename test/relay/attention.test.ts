// When somebody should look: an agent that has fallen silent, or still waits.
import { describe, expect, test } from 'vitest';

import { addEndpoint } from './endpoint.ts';
import type { Reply, TestTeam } from './harness.ts';
import { asked, busy, child, HOUR, idle, machine, MINUTE } from './machine.ts';
import { readLog } from './oracle.ts';
import { shapesOfExamples, shapesSaid } from './shape.ts';
import { useReceiver, useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);
const receiver = useReceiver();

const said = async (of: TestTeam = team): Promise<Reply['body'][]> =>
  (await readLog(of)).filter(({ type }) => /^session\.(?:stalled|resumed)$/.test(type));
const types = async () => (await said()).map(({ type, session }) => `${type} ${session}`);

describe('a session that falls silent', () => {
  test('in the middle of its work is told of once, as its own, and again when it goes on', async () => {
    const box = machine(team);
    const where = { member: 'ann@example.com', rig: 'app' };
    const hook = await addEndpoint(team, receiver.url, { events: ['session.stalled', 'session.resumed'], where });
    await box.say(busy());
    await box.wait(14 * MINUTE);
    expect(await said()).toEqual([]);
    await box.wait(MINUTE + 1_000);
    const [stalled, ...more] = await said();
    expect(more).toEqual([]);
    expect(stalled).toMatchObject({
      type: 'session.stalled',
      session: 'ses_1',
      source: { id: 'gasline:relay', member: 'ann@example.com', town: { rig: 'app' } },
      data: { status: 'busy', since: expect.any(String), silent_s: expect.any(Number) },
    });
    expect(Math.abs(Date.parse(stalled.data.since) - Date.now())).toBeLessThan(10_000);
    expect(stalled.data.silent_s).toBeGreaterThanOrEqual(15 * 60);
    for (let round = 0; round < 8; round += 1) await box.wait(20 * MINUTE);
    expect(await types()).toEqual(['session.stalled ses_1']);
    await box.say(['session.compacted', {}]);
    expect(await types()).toEqual(['session.stalled ses_1', 'session.resumed ses_1']);
    const shapes = await shapesSaid(team);
    expect(shapes).toEqual(await shapesOfExamples(team, ['session.stalled', 'session.resumed']));
    expect((await said())[1]).toMatchObject({ source: { member: 'ann@example.com' }, data: { status: 'busy' } });
    await hook.settled();
    expect(receiver.deliveries.map(({ event: sent }) => sent.type)).toEqual(['session.stalled', 'session.resumed']);
    await box.wait(15 * MINUTE + 1_000);
    expect((await types()).slice(2)).toEqual(['session.stalled ses_1']);
    await box.say(idle());
    expect((await said()).at(-1)).toMatchObject({ type: 'session.resumed', data: { status: 'idle' } });
    await box.wait(15 * MINUTE + 1_000);
    expect(await said()).toHaveLength(4);
    expect(await team.query('SELECT * FROM open_session')).toEqual([]);
    expect((await team.call('GET', '/v1/team')).body.tasks).toEqual([]);
  });

  test('while it waits for a person is told so', async () => {
    const box = machine(team);
    await box.say(busy(), asked());
    await box.wait(15 * MINUTE + 1_000);
    expect(await said()).toMatchObject([{ data: { status: 'waiting' } }]);
  });

  test('is not one that said so, failed, is gone or goes on', async () => {
    const box = machine(team);
    await box.say(busy({ session: 'a' }), idle({ session: 'a' }));
    await box.say(busy({ session: 'b' }));
    await box.say(['session.error', { session: 'b', data: { error: { name: 'APIError', status: 500 } } }]);
    await box.say(busy({ session: 'c' }), [
      'session.created',
      { session: 'd', data: { parent: null, created_at: '2026-11-20T09:00:00.000Z', title: null } },
    ]);
    for (let round = 0; round < 4; round += 1) {
      await box.wait(10 * MINUTE);
      await box.say(['session.compacted', { session: 'c' }]);
    }
    expect(await said()).toEqual([]);
    expect(await team.query('SELECT id FROM open_session')).toEqual([{ id: 'c' }]);
  });

  test('is known by the clock of the relay, however wrong that of the machine is', async () => {
    const [early, late] = [machine(team, { id: 'e', skew: -5 * HOUR }), machine(team, { id: 'l', skew: 5 * HOUR })];
    await early.say(busy({ session: 'early' }));
    await late.say(busy({ session: 'late' }));
    await early.wait(14 * MINUTE);
    expect(await said()).toEqual([]);
    await early.wait(MINUTE + 2_000);
    expect((await types()).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'session.stalled early',
      'session.stalled late',
    ]);
  });

  test('is the one that a person has before her, with its sub-agents', async () => {
    const box = machine(team);
    await box.say(busy(), child('sub', 'ses_1'), busy({ session: 'sub' }));
    for (let round = 0; round < 3; round += 1) {
      await box.wait(10 * MINUTE);
      await box.say(['session.compacted', { session: 'sub' }]);
    }
    expect(await said()).toEqual([]);
    await box.say(asked({ session: 'sub' }));
    await box.wait(15 * MINUTE + 1_000);
    expect(await said()).toMatchObject([{ session: 'ses_1', data: { status: 'waiting' } }]);
    await box.say(idle());
    await box.wait(HOUR);
    // What it leaves behind unfinished is nobody's to wait for.
    expect(await types()).toEqual(['session.stalled ses_1', 'session.resumed ses_1']);
  });

  test('is told to wait for a sub-agent at whatever depth it asks', async () => {
    const box = machine(team);
    const below = Array.from({ length: 120 }, (_, n) => child(`deep${n}`, n === 0 ? 'ses_1' : `deep${n - 1}`));
    await box.say(busy(), ...below, asked({ session: 'deep119' }));
    await box.wait(15 * MINUTE + 1_000);
    expect(await said()).toMatchObject([{ session: 'ses_1', data: { status: 'waiting' } }]);
  });

  test('is told of after a restart of the relay too, and goes on after one', async () => {
    const box = machine(team);
    await box.say(busy());
    await team.crash();
    // A new object has the clock that there is.
    expect(await team.query(`SELECT name FROM task WHERE name = 'stalled'`)).toHaveLength(1);
    await box.wait(15 * MINUTE + 1_000);
    expect(await types()).toEqual(['session.stalled ses_1']);
  });

  test('is not believed to while the relay was away: its sources get the time to say what they kept', async () => {
    const box = machine(team);
    await box.say(busy());
    await box.away(HOUR);
    expect(await said()).toEqual([]);
    await box.say(['session.compacted', { at: -MINUTE }]);
    await box.wait(2 * MINUTE + 1_000);
    expect(await said()).toEqual([]);
    await box.wait(14 * MINUTE);
    expect(await types()).toEqual(['session.stalled ses_1']);
  });

  test('yesterday is history, and what comes late does not wake one that is silent', async () => {
    const box = machine(team);
    await box.say(busy({ session: 'old', at: -26 * HOUR }), busy());
    await box.wait(15 * MINUTE + 1_000);
    expect(await types()).toEqual(['session.stalled ses_1']);
    await box.say(['session.compacted', { at: -15 * MINUTE }]);
    expect(await types()).toEqual(['session.stalled ses_1']);
    await box.say(idle({ at: -14 * MINUTE }));
    expect(await types()).toEqual(['session.stalled ses_1', 'session.resumed ses_1']);
  });

  test('is forgotten after a week, and the table with it', async () => {
    const box = machine(team);
    await box.say(busy());
    await box.wait(15 * MINUTE + 1_000);
    await box.away(8 * 24 * HOUR);
    // No event may be of more than a day from now.
    await machine(team, { id: 'src_2' }).say(busy({ session: 'ses_2' }));
    await box.wait(15 * MINUTE + 1_000);
    expect(await types()).toEqual(['session.stalled ses_1', 'session.stalled ses_2']);
    expect(await team.query('SELECT id FROM open_session')).toEqual([{ id: 'ses_2' }]);
  });
});

describe('how long silence may last', () => {
  test('is the team’s to say, at once, and 0 is for ever', async () => {
    const box = machine(team);
    expect((await team.call('GET', '/v1/team')).body.stalled_after_min).toBe(15);
    await box.say(busy());
    expect((await team.call('PATCH', '/v1/team', { stalled_after_min: 0 })).body).toMatchObject({
      stalled_after_min: 0,
      tasks: [],
    });
    await box.wait(20 * MINUTE);
    expect(await said()).toEqual([]);
    await team.call('PATCH', '/v1/team', { stalled_after_min: 30 });
    expect(await said()).toEqual([]);
    await team.call('PATCH', '/v1/team', { stalled_after_min: 20 });
    expect(await types()).toEqual(['session.stalled ses_1']);
    await team.call('PATCH', '/v1/team', { stalled_after_min: 0 });
    await box.say(busy({ session: 'ses_2' }), ['session.compacted', {}]);
    expect(await types()).toEqual(['session.stalled ses_1', 'session.resumed ses_1']);
    await box.wait(HOUR);
    expect(await said()).toHaveLength(2);
  });

  test.each([-1, 1_441, 1.5, '15', null])('%j is refused', async (given) => {
    const { status, body } = await team.call('PATCH', '/v1/team', { stalled_after_min: given });
    expect([status, body.detail]).toEqual([400, expect.stringContaining('stalled_after_min')]);
  });
});

test('a session that is not open costs no row, one that is two a turn', async () => {
  const box = machine(team);
  await box.say(busy(), ['session.compacted', {}], idle());
  expect(await team.query('SELECT * FROM open_session')).toEqual([]);
  expect(await team.query(`SELECT * FROM task`)).toEqual([]);
});

test('the folds that are made anew from the log know what is open', async () => {
  const box = machine(team);
  await box.say(busy({ session: 'a' }), busy({ session: 'b' }));
  await box.say(idle({ session: 'b' }));
  await box.wait(15 * MINUTE + 1_000);
  const sessions = (await team.call('GET', '/v1/sessions')).body;
  await team.rebuild();
  expect((await team.call('GET', '/v1/sessions')).body).toEqual(sessions);
  expect(await team.query('SELECT id FROM open_session')).toEqual([{ id: 'a' }]);
});

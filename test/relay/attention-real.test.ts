// The same with what a real OpenCode published: no session that has ended is taken for one that fell silent.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { Fact } from '../../plugin/normalise.ts';
import { readTrace, replay } from '../plugin/trace.ts';
import { batch } from './builders.ts';
import { MINUTE } from './machine.ts';
import { readLog } from './oracle.ts';
import { useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);

const TRACES = readdirSync(join(import.meta.dirname, '..', 'fixtures', 'traces')).map((file) =>
  file.replace('.jsonl', ''),
);

/** As if it happened just now: in one batch, or each event in its own. */
async function send(facts: readonly Fact[], isSingle: boolean): Promise<void> {
  const later = Date.now() - Math.max(...facts.map(({ time }) => Date.parse(time)));
  const events = facts.map((fact, at) => {
    const time = new Date(Date.parse(fact.time) + later).toISOString();
    return { ...fact, seq: at + 1, time };
  });
  for (const some of isSingle ? events.map((one) => [one]) : [events]) {
    expect((await team.call('POST', '/v1/events', batch(some))).status).toBe(202);
  }
}

const stalled = async () =>
  (await readLog(team)).flatMap(({ type, session }) => (type === 'session.stalled' ? [session] : []));

test.each(TRACES.flatMap((name) => [[name, true] as const, [name, false] as const]))(
  '%s is not silent when it is over (each event by itself: %j)',
  async (name, isSingle) => {
    await send(replay(readTrace(name)), isSingle);
    expect(await team.query('SELECT * FROM open_session')).toEqual([]);
    await team.advance(15 * MINUTE + 1_000);
    expect(await stalled()).toEqual([]);
  },
);

test.each(['run-oneshot', 'run-tool-bash', 'run-subagent', 'run-permission-ask'])(
  '%s is, where it was cut off',
  async (name) => {
    const facts = replay(readTrace(name));
    // Before its session, which began first, was idle.
    const [root] = facts.flatMap(({ session }) => session ?? []);
    const end = facts.findLastIndex(({ type, session }) => type === 'session.idle' && session === root);
    await send(facts.slice(0, end), true);
    await team.advance(15 * MINUTE + 1_000);
    expect(await stalled()).toEqual([root]);
  },
);

test('a turn of the real one says how long it took', async () => {
  const facts = replay(readTrace('run-oneshot'));
  await send(facts, true);
  const times = (type: string) => facts.flatMap((fact) => (fact.type === type ? [Date.parse(fact.time)] : []));
  const [busy = 0] = times('session.status');
  const [idle = 0] = times('session.idle');
  const said = (await readLog(team)).find(({ type }) => type === 'session.idle');
  expect(said.data).toEqual({ worked_s: Math.floor((idle - busy) / 1_000) });
});

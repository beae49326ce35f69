// The bridge ends without notice before and after each of its effects in turn, on the disk, at the relay and in the town, and is
// started anew.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import { claudeIn } from '../../plugin/cli/bridge/claude-in.ts';
import { costsOut } from '../../plugin/cli/bridge/costs-out.ts';
import { disk } from '../../plugin/cli/bridge/disk.ts';
import type { Gt } from '../../plugin/cli/bridge/gt.ts';
import { mailIn } from '../../plugin/cli/bridge/mail-in.ts';
import { mailOut } from '../../plugin/cli/bridge/mail-out.ts';
import { signals } from '../../plugin/cli/bridge/signals.ts';
import { townEvents } from '../../plugin/cli/bridge/town-events.ts';
import type { Part, Work } from '../../plugin/cli/bridge/work.ts';
import { useTown, workFor } from './bridging.ts';
import { batch, message, source } from './builders.ts';
import type { TestTeam } from './harness.ts';
import { inbox, sendMail } from './mails.ts';
import { useRelay, useTeam } from './setup.ts';

const relay = useRelay();
const team = useTeam(relay);
const town = useTown();

class Killed extends Error {}

const LEASE_MS = 301_000;
const MOST_POINTS = 200;

/** A `gt` that only keeps mail, in memory. */
function keeper() {
  const kept: { to: string; body: string }[] = [];
  let isBlind = false;
  const gt: Gt = async (words, input = '') => {
    const [, verb, third = ''] = words;
    if (words[0] === 'nudge') return { kind: 'done', stdout: '' };
    if (verb === 'send') {
      kept.push({ to: third, body: input });
      return { kind: 'done', stdout: '✓ Message sent\n' };
    }
    const found = kept.filter(({ to }) => third === `--identity=${to}`);
    const mails = found.map((mail, at) => ({ id: `hq-${at}`, from: 'app/witness', subject: 's', ...mail }));
    return { kind: 'done', stdout: isBlind ? 'Inbox: 0 messages\n' : JSON.stringify(mails) };
  };
  return { gt, kept, blind: () => void (isBlind = true) };
}

/** The same work, which ends at its nth step: each effect has one before and one after it. */
function ending(work: Work, at: number): Work {
  let steps = 0;
  const step = () => {
    steps += 1;
    // What is killed does nothing more.
    if (steps >= at) throw new Killed();
  };
  const around =
    <A extends unknown[], R>(act: (...given: A) => R) =>
    (...given: A): R => {
      step();
      const result = act(...given);
      step();
      return result;
    };
  const later =
    <A extends unknown[], R>(act: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      step();
      const result = await act(...given);
      step();
      return result;
    };
  return {
    ...work,
    gt: later(work.gt),
    disk: { read: disk.read, replace: around(disk.replace), append: around(disk.append) },
    // A request that fails is one that the relay may have answered: a killed bridge does not take it for that.
    io: { ...work.io, fetch: later((...given: Parameters<typeof fetch>) => work.io.fetch(...given)) },
  };
}

interface Story {
  readonly part: (work: Work) => Part;
  readonly before: (point: number) => Promise<void> | void;
  readonly after: (point: number) => Promise<void>;
}

/** Kills at the first step, then anew at the second, and so on until a round comes to its end; how many there were. */
async function atEachPoint(work: Work, team: TestTeam, { part, before, after }: Story): Promise<number> {
  for (let point = 1; point < MOST_POINTS; point += 1) {
    await before(point);
    const isKilled = await part(ending(work, point))().then(
      (round) => round.kind === 'away',
      (error: unknown) => {
        if (!(error instanceof Killed)) throw error;
        return true;
      },
    );
    await team.advance(LEASE_MS);
    expect(await part(work)()).toMatchObject({ kind: 'done' });
    await after(point);
    if (!isKilled) return point;
  }
  throw new Error('it never came to its end');
}

test('mail from the relay is in the town once, wherever the bridge ends', async () => {
  const { gt, kept } = keeper();
  const { work } = workFor(relay, team, town, { gt });
  const ids: string[] = [];
  const points = await atEachPoint(work, team, {
    part: (one) => mailIn(one, () => ['app/Toast']),
    before: async () => void ids.push((await sendMail(team, { to: 'app/Toast' })).id),
    async after() {
      const copies = kept.filter(({ body }) => body.endsWith(`[relay ${ids.at(-1)}]`));
      expect(copies).toHaveLength(1);
    },
  });
  expect(points).toBeGreaterThan(12);
  expect((await inbox(team, 'app/Toast')).every(({ state }) => state === 'acknowledged')).toBe(true);
});

test('and twice at most where the town cannot be looked into', async () => {
  const { gt, kept, blind } = keeper();
  const { work } = workFor(relay, team, town, { gt });
  const ids: string[] = [];
  blind();
  const points = await atEachPoint(work, team, {
    part: (one) => mailIn(one, () => ['app/Toast']),
    before: async () => void ids.push((await sendMail(team, { to: 'app/Toast' })).id),
    async after() {
      const copies = kept.filter(({ body }) => body.endsWith(`[relay ${ids.at(-1)}]`)).length;
      expect([1, 2]).toContain(copies);
    },
  });
  expect(points).toBeGreaterThan(12);
});

test('mail of the town is in the relay once, wherever the bridge ends', async () => {
  const { gt, kept } = keeper();
  const { work } = workFor(relay, team, town, { gt });
  const points = await atEachPoint(work, team, {
    part: (one) => mailOut(one, ['overseer']),
    before: (point) => void kept.push({ to: 'overseer', body: `message ${point}` }),
    async after(point) {
      expect(await inbox(team, 'overseer')).toHaveLength(point);
    },
  });
  expect(points).toBeGreaterThan(5);
});

function linesSum(): number {
  if (!existsSync(town.costsFile)) return 0;
  const lines = readFileSync(town.costsFile, 'utf8').trim().split('\n');
  return lines.reduce((sum, line) => sum + Math.round((JSON.parse(line) as { cost_usd: number }).cost_usd * 1e9), 0);
}

test("costs.jsonl holds the ledger's sum to the nano-dollar, wherever the bridge ends", async () => {
  const { work } = workFor(relay, team, town);
  let spent = 0;
  const points = await atEachPoint(work, team, {
    part: costsOut,
    async before(point) {
      const now = new Date().toISOString();
      const tags = { town: 'lab', role: 'crew', rig: 'app', worker: 'max', bead: null };
      const data = { message: `msg_k${point}`, cost_usd: `0.00${100 + point}`, created_at: now, completed_at: now };
      const given = { source: source({ id: `src_k${point}`, town: tags }) };
      await team.call('POST', '/v1/events', batch([message(1, data, { time: now })], given));
      spent += (100 + point) * 10_000;
    },
    async after() {
      expect(linesSum()).toBe(spent);
    },
  });
  expect(points).toBeGreaterThan(12);
});

test("the town's Claude is charged to the nano-dollar, wherever the bridge ends", async () => {
  const { work } = workFor(relay, team, town);
  mkdirSync(dirname(town.costsFile), { recursive: true });
  const points = await atEachPoint(work, team, {
    part: claudeIn,
    before(point) {
      const ended_at = new Date().toISOString();
      const line = { session_id: 'ap-max', role: 'crew', rig: 'app', worker: 'max', cost_usd: point / 4, ended_at };
      appendFileSync(town.costsFile, `${JSON.stringify(line)}\n`);
    },
    async after(point) {
      const { body } = await team.call('GET', '/v1/usage?model=gt-costs');
      expect(Number(body.total.cost_usd)).toBe(point / 4);
    },
  });
  expect(points).toBeGreaterThan(4);
});

test('each line of the town is one event, and each escalation one message, wherever the bridge ends', async () => {
  const { work } = workFor(relay, team, town);
  // What stands there before the first bridge is not told.
  town.append('.events.jsonl', { ts: new Date().toISOString(), source: 'gt', type: 'boot', actor: 'deacon' });
  await townEvents(work)();
  const points = await atEachPoint(work, team, {
    part: townEvents,
    before(point) {
      const ts = new Date().toISOString();
      const payload = { rig: `hq-${point}`, severity: 'high', reason: 'disk is full' };
      town.append('.events.jsonl', { ts, source: 'gt', type: 'escalation_sent', actor: 'mayor', payload });
    },
    async after(point) {
      const { body } = await team.call('GET', '/v1/events?type=town.*&limit=1000');
      expect(body.events.map(({ data }: { data: { payload: { rig: string } } }) => data.payload.rig)).toEqual(
        Array.from({ length: point }, (_, at) => `hq-${at + 1}`),
      );
      expect(await inbox(team, 'overseer')).toHaveLength(point);
    },
  });
  expect(points).toBeGreaterThan(4);
});

test('each event that was asked for is one file, wherever the bridge ends', async () => {
  const { work } = workFor(relay, team, town);
  const part = (one: Work) => signals(one, { types: 'session.idle', channel: 'gasline' });
  await part(work)();
  const points = await atEachPoint(work, team, {
    part,
    async before(point) {
      const event = { seq: point, id: `evt_${point}`, type: 'session.idle', time: new Date().toISOString() };
      await team.call('POST', '/v1/events', {
        ...batch([], { source: source({ town: { town: 'lab', role: 'mayor', rig: null, worker: null, bead: null } }) }),
        events: [{ ...event, session: 'ses_1', data: {} }],
      });
    },
    async after(point) {
      const files = readdirSync(join(town.root, 'events', 'gasline')).filter((file) => file.endsWith('.event'));
      expect(files).toHaveLength(point);
    },
  });
  expect(points).toBeGreaterThan(4);
});

// `gasline bridge`: between the relay and a Gas Town on this machine, both ways, from inside of the town's walls: it asks, and nobody
// has to reach it.

import { backoffMs } from '../backoff.ts';
import { doctor } from './bridge/doctor.ts';
import { install } from './bridge/install.ts';
import { lockTown } from './bridge/lock.ts';
import { OPENING, openWork } from './bridge/open.ts';
import { choiceOf, partsOf, type Timed, tried } from './bridge/parts.ts';
import { command, done, DONE, failed, type Io, type Options, type Outcome, type Values } from './command.ts';
import { pause } from './follow/follow.ts';
import { counted } from './figure.ts';
import { plain } from './text.ts';

const OPTIONS = {
  ...OPENING,
  once: { type: 'boolean', about: 'one round of everything, for cron' },
  'dry-run': { type: 'boolean', about: 'one round that says what it would do, and changes nothing' },
} as const satisfies Options;

export const bridge = command({
  summary: 'Carries mail, events and costs between the relay and a Gas Town on this machine',
  notes: [
    'It goes on until Ctrl-C, and over restarts of the relay and of itself: what is done once is not done again.',
    'One bridge a town; a second one says who is there.',
  ],
  options: OPTIONS,
  parts: { doctor, install },
  run,
});

async function run(values: Values<typeof OPTIONS>, io: Io): Promise<Outcome> {
  const choice = choiceOf(values);
  if (choice.kind !== 'done') return choice;
  const isDry = values['dry-run'] === true;
  const say = (line: string) => io.stdout(`${plain(line)}\n`);
  const stop = isDry || values.once === true ? null : io.interruption();
  const opened = openWork(values, io, { isDry, say, ...(stop === null ? {} : { stop }) });
  if (opened.kind !== 'done') return opened;
  const work = opened.value;
  const lock = isDry ? done({ touch() {}, release() {} }) : lockTown(work.town.root, io.now());
  if (lock.kind !== 'done') return lock;
  try {
    const parts = partsOf(work, choice.value);
    if (stop === null) return await once(parts, io);
    say(`bridging ${work.town.name} and ${work.ingest.url.host}: ${parts.map(({ name }) => name).join(', ')}`);
    const touching = goOn(stop, TOUCH_MS, lock.value.touch);
    await Promise.all([touching, ...parts.map((timed) => keepUp(timed, io, stop))]);
    return DONE;
  } finally {
    lock.value.release();
  }
}

const TOUCH_MS = 60_000;
/** Of a relay or a town that is away. */
const MAX_PAUSE_MS = 60_000;

async function once(parts: readonly Timed[], io: Io): Promise<Outcome> {
  const problems: string[] = [];
  for (const { name, part } of parts) {
    const round = await tried(part);
    if (round.kind === 'done') continue;
    problems.push(name);
    io.stderr(`${name}: ${plain(round.problem)}\n`);
  }
  return problems.length === 0
    ? DONE
    : failed(`${counted(problems.length, 'part')} of it failed: ${problems.join(', ')}`);
}

/** One part that is hindered holds up no other. What hinders it is said once, and that it is over. */
async function keepUp({ name, everyMs, part }: Timed, io: Io, stop: AbortSignal): Promise<void> {
  let failures = 0;
  let said: string | null = null;
  while (!stop.aborted) {
    const round = await tried(part);
    if (round.kind === 'done') {
      if (said !== null) io.stderr(`${name}: goes on\n`);
      [failures, said] = [0, null];
    } else {
      failures += 1;
      if (said !== round.problem) io.stderr(`${name}: ${plain(round.problem)}; trying again\n`);
      said = round.problem;
    }
    const pauseMs = failures === 0 ? 0 : Math.min(backoffMs('later', failures, Math.random()), MAX_PAUSE_MS);
    await pause(Math.max(everyMs, pauseMs), stop);
  }
}

async function goOn(stop: AbortSignal, everyMs: number, act: () => void): Promise<void> {
  while (!stop.aborted) {
    act();
    await pause(everyMs, stop);
  }
}

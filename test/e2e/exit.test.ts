// No event is lost at exit: OpenCode ends a tenth of a second after the last event, or is killed at it, while the relay is
// far away, down, hanging, refusing or losing its answers. What the witness saw is what the log holds, once.
// GASLINE_EXIT_RUNS sets the runs of each cell (4; CI takes 20), GASLINE_EXIT_AT_ONCE how many OpenCodes run together (4).

import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Weather } from '../support/front.ts';
import { createLimit } from '../support/limit.ts';
import type { Witnessed } from '../support/opencode.ts';
import { median, report } from '../support/report.ts';
import { prompt } from '../support/step.ts';
import type { RawEvent } from '../support/tracer.ts';
import { until } from '../support/until.ts';
import { compare, complete } from '../support/verdict.ts';
import { openWorld, type Laptop, type World } from '../support/world.ts';

const runs = Number(process.env['GASLINE_EXIT_RUNS'] ?? 4);
const limit = createLimit(Number(process.env['GASLINE_EXIT_AT_ONCE'] ?? 4));

interface Cell {
  readonly name: string;
  readonly rttMs: number;
  readonly weather?: Weather;
  /** What happens to a run while it goes on. */
  readonly meanwhile?: (run: Witnessed, laptop: Laptop) => Promise<void>;
}

const cells: readonly Cell[] = [
  { name: 'no latency', rttMs: 0 },
  { name: '100 ms away', rttMs: 100 },
  { name: '300 ms away', rttMs: 300 },
  { name: 'down', rttMs: 100, weather: { kind: 'down' } },
  { name: 'hanging', rttMs: 100, weather: { kind: 'hang' } },
  { name: 'answering 400', rttMs: 100, weather: { kind: 'answer', status: 400 } },
  { name: 'answering 429', rttMs: 100, weather: { kind: 'answer', status: 429, headers: { 'retry-after': '1' } } },
  { name: 'answering 500', rttMs: 100, weather: { kind: 'answer', status: 500 } },
  { name: 'losing its answers', rttMs: 100, weather: { kind: 'cut' } },
  { name: 'going down in between', rttMs: 100, meanwhile: goesDown },
  { name: 'killed at the final message', rttMs: 100, meanwhile: killAt(isFinalMessage) },
  { name: 'killed at idle', rttMs: 100, meanwhile: killAt((event) => event.type === 'session.idle') },
];

// As long as an answer takes; twenty spools are not sent in the second that an instant answer leaves.
const aFewSeconds = { kind: 'say', chunks: 40, gapMs: 100 } as const;

const results: Record<string, string | number>[] = [];
let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  report(`no event lost at exit, ${runs} runs each`, results);
  await world.close();
});

describe.concurrent('every event is stored once when the relay is', () => {
  it.for(cells)(
    '$name',
    { timeout: 1_200_000 },
    async ({ name, rttMs, weather = { kind: 'fair' }, meanwhile }, { expect }) => {
      const laptop = await world.laptop(name.replaceAll(/\W/g, '-'), { rttMs });
      const { front, opencode, team } = laptop;
      await front.set(weather);
      const runOnce = async (index: number): Promise<number> => {
        const run = opencode.spawnRun(`question ${index}`);
        await meanwhile?.(run, laptop);
        return (await run.exited).durationMs;
      };
      // The first one alone: it makes OpenCode's database.
      const durations = [await limit(() => runOnce(0))];
      const others = Array.from({ length: runs - 1 }, (_, index) => limit(() => runOnce(index + 1)));
      durations.push(...(await Promise.all(others)));
      const before = compare(opencode.trace(), await team.events());

      await front.set({ kind: 'fair' });
      await limit(() => opencode.run(prompt('the next run sends what was left', aFewSeconds)));
      const after = compare(opencode.trace(), await team.events());
      const sources = await team.sources();
      results.push({
        relay: name,
        events: after.expected,
        'lost after the runs': before.lost.length,
        'lost after one more': after.lost.length,
        duplicates: after.duplicates.length,
        extra: after.extra.length,
        'sent again': sources.reduce((sum, source) => sum + source.duplicates, 0),
        requests: front.exchanges.length,
        'median run ms': Math.round(median(durations)),
      });
      expect(after).toMatchObject(complete);
      expect(sources.filter(({ gaps, rejected }) => gaps.length > 0 || rejected > 0)).toEqual([]);
    },
  );
});

function killAt(isMoment: (event: RawEvent) => boolean) {
  return async (run: Witnessed): Promise<void> => {
    await until('the moment to kill', () => run.trace().some(isMoment), { everyMs: 2 });
    run.kill('SIGKILL');
  };
}

function isFinalMessage({ type, properties }: RawEvent): boolean {
  return (
    type === 'message.updated' && properties.info?.role === 'assistant' && properties.info.time.completed !== undefined
  );
}

async function goesDown(run: Witnessed, { front }: Laptop): Promise<void> {
  await front.set({ kind: 'fair' });
  await until('the turn to begin', () => run.trace().some(({ type }) => type === 'session.status'), { everyMs: 5 });
  await front.set({ kind: 'down' });
}

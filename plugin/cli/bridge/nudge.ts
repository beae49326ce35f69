// Wakes whom mail came for. `gt` types it into an agent's terminal once that is idle, for which it waits a quarter of a minute, and
// then watches a queue for a minute (internal/cmd/nudge.go): nothing else waits for that.

import { setTimeout as sleep } from 'node:timers/promises';

import { plain } from '../text.ts';
import type { Gt } from './gt.ts';
import { type Letter, senderOf } from './letter.ts';
import type { turns } from './turns.ts';
import type { Work } from './work.ts';

export const NUDGE_PATIENCE_MS = 90_000;
/** It asks beads first whether the agent wants to be disturbed, and beads may let one in at a time. */
const HELD_MS = 2_000;

/** Holds a line up only until it does nothing but wait. */
export function briefly(inTurn: ReturnType<typeof turns>, gt: Gt): Gt {
  return (args, input) =>
    new Promise((resolve) => {
      const begin = inTurn(async () => {
        const ran = gt(args, input);
        resolve(ran);
        const held = new AbortController();
        await Promise.race([ran, sleep(HELD_MS, undefined, { signal: held.signal })]);
        held.abort();
      });
      void begin();
    });
}

export type Wake = (letter: Letter, to: string) => void;

/** One nudge of an agent at a time, and one more for whatever came in between. */
export function waker({ wake, say }: Pick<Work, 'wake' | 'say'>): Wake {
  const busy = new Map<string, Letter | null>();
  return (letter, to) => {
    // A banner is all that a person would get of it, who hears of it through the relay.
    if (to === 'overseer') return;
    const isBusy = busy.has(to);
    busy.set(to, isBusy ? letter : null);
    if (!isBusy) void keepOn(letter, to);
  };

  async function keepOn(first: Letter, to: string): Promise<void> {
    for (let letter: Letter | null = first; letter !== null;) {
      const { from, priority } = letter;
      const level = priority === 'urgent' ? 'urgent' : 'normal';
      const words = ['nudge', sessionOrAddress(to), '--mode=wait-idle', `--priority=${level}`, '--stdin'];
      const nudged = await wake(words, `You have mail from ${senderOf(from)}: read it with gt mail inbox.`);
      // Who is not running reads the mail when it starts.
      if (nudged.kind !== 'done') say(`${to} was not nudged: ${plain(nudged.problem)}`);
      letter = busy.get(to) ?? null;
      busy.set(to, null);
    }
    busy.delete(to);
  }
}

/** `gt nudge` takes what stands before a slash for a rig, and knows a dog by its tmux session only. */
function sessionOrAddress(to: string): string {
  return to.replace(/^deacon\/dogs\//, 'hq-dog-');
}

// The parts of the bridge, by their names, and how often each looks.

import type { Outcome, Values } from '../command.ts';
import { done, misused } from '../command.ts';
import { claudeIn } from './claude-in.ts';
import { costsOut } from './costs-out.ts';
import { mailIn } from './mail-in.ts';
import { mailOut } from './mail-out.ts';
import { CHANNEL, signals } from './signals.ts';
import { agentsOf, isSame } from './town.ts';
import { townEvents, townFeed } from './town-events.ts';
import { turns } from './turns.ts';
import type { Part, Round, Work } from './work.ts';

export const CHOICES = {
  in: { type: 'string', value: 'addresses', about: 'whose mail is brought to the town; default: all its agents' },
  out: { type: 'string', value: 'addresses', about: 'whose mail in the town goes to the relay; default: overseer' },
  events: { type: 'string', value: 'types', about: 'of the relay, to be files of the town: session.error,budget.*' },
  channel: { type: 'string', value: 'name', about: 'of those files; default: gasline' },
  skip: { type: 'string', value: 'parts', about: 'leaves out some of mail-in, mail-out, costs, claude, events, feed' },
} as const;

export interface Choice {
  /** Null for everybody there is, whenever it is asked. */
  readonly in: readonly string[] | null;
  readonly out: readonly string[];
  readonly events: string | null;
  readonly channel: string;
  readonly skip: readonly string[];
}

/** As a town writes them: nothing that could be an option of `gt`. */
const ADDRESS = /^(?:[a-z0-9][\w.-]{0,63})(?:\/[\w.-]{0,64}){0,2}$/i;

export function choiceOf(values: Values<typeof CHOICES>): Outcome<Choice> {
  const words = (given: string | undefined) =>
    given
      ?.split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
  const [given, out, skip] = [words(values.in), words(values.out) ?? ['overseer'], words(values.skip) ?? []];
  const wrong = [...(given ?? []), ...out].find((address) => !ADDRESS.test(address));
  if (wrong !== undefined)
    return misused(`an address is one of the town's, such as overseer, mayor/ or app/witness, got ${wrong}`);
  const both = given?.find((address) => out.some((other) => isSame(address, other)));
  // Else what came from the town would go back to it.
  if (both !== undefined) return misused(`--in and --out exclude each other, got ${both} in both`);
  const unknown = skip.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) return misused(`--skip takes ${NAMES.join(', ')}, got ${unknown}`);
  const { events = null, channel = 'gasline' } = values;
  if (!CHANNEL.test(channel)) return misused(`--channel must be letters, digits, _ and -, got ${channel}`);
  return done({ in: given ?? null, out, events, channel, skip });
}

const NAMES: readonly string[] = ['mail-in', 'mail-out', 'costs', 'claude', 'events', 'feed'];

export interface Timed {
  readonly name: string;
  readonly everyMs: number;
  readonly part: Part;
}

/** What goes out stands before what comes in. A look at the town's mail starts two programs, a look at its files none. */
export function partsOf(work: Work, choice: Choice): readonly Timed[] {
  const { events, channel, skip } = choice;
  // One asks the ledger for sums that the other adds to: between two questions they must not change.
  const inTurn = turns();
  const all: readonly Timed[] = [
    { name: 'mail-out', everyMs: 15_000, part: mailOut(work, choice.out) },
    { name: 'mail-in', everyMs: 5_000, part: mailIn(work, () => readersOf(work, choice)) },
    { name: 'events', everyMs: 2_000, part: townEvents(work) },
    { name: 'feed', everyMs: 2_000, part: townFeed(work) },
    { name: 'claude', everyMs: 10_000, part: inTurn(claudeIn(work)) },
    { name: 'costs', everyMs: 60_000, part: inTurn(costsOut(work)) },
    ...(events === null ? [] : [{ name: 'signals', everyMs: 5_000, part: signals(work, { types: events, channel }) }]),
  ];
  return all.filter(({ name }) => !skip.includes(name));
}

/** A disk that is full or a file that may not be read is a hindrance like others; anything else is a fault of ours. */
export async function tried(part: Part): Promise<Round> {
  try {
    return await part();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return { kind: 'away', problem: message };
  }
}

export function readersOf({ town }: Pick<Work, 'town'>, choice: Choice): readonly string[] {
  return choice.in ?? agentsOf(town).filter((address) => !choice.out.some((other) => isSame(address, other)));
}

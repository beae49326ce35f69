// A line of the town's costs.jsonl (CostLogEntry of internal/cmd/costs.go) about OpenCode's spend. The town sums lines, so a line
// is what came since the last one; what it adds up to stands in a field that the town does not look at, so that the bridge knows
// from the file alone what it has told already.

import { createHash } from 'node:crypto';

import { fields } from '../../field.ts';
import { nanoOf, usdOf } from '../figure.ts';
import { keyOf, type Spender } from './spend.ts';

/** What was told of a spender so far, with the newest line about it. */
export interface Told {
  readonly n: number;
  readonly key: string;
  readonly day: string;
  readonly total: bigint;
}

export interface Telling extends Told, Spender {
  readonly delta: bigint;
  readonly session: string;
  readonly at: number;
}

/** A write at the end of a file is one among others' up to this (PIPE_BUF). */
export const MOST_BYTES = 4_096;
/** A name has up to four bytes a character, and there are six of them. */
const MOST_NAME = 120;

/** Short, and the same for the same spender. */
export function hashOf(spender: Spender): string {
  return createHash('sha256').update(keyOf(spender)).digest('hex').slice(0, 24);
}

/** Whose the lines are: of one town, told by one relay's team. */
export interface Teller {
  readonly town: string;
  readonly relay: string;
}

export function lineOf(telling: Telling, { town, relay }: Teller): string {
  const { n, key, day, role, rig, total, delta, session, worker, bead, at } = telling;
  const named = (name: string, value: string | null) => (value === null ? {} : { [name]: clip(value) });
  const line = JSON.stringify({
    session_id: clip(session),
    role: clip(role ?? 'unknown'),
    ...named('rig', rig),
    // As the town's own lines have it for those of whom there is one.
    ...named('worker', worker ?? (role !== null && ALONE.includes(role) ? role : null)),
    cost_usd: Number(usdOf(delta)),
    ended_at: localTime(at),
    ...named('work_item', bead),
    gasline: { town: clip(town), relay, n, key, day, total: usdOf(total) },
  });
  return `${line}\n`;
}

const ALONE: readonly string[] = ['mayor', 'deacon', 'boot'];

function clip(name: string): string {
  return name.slice(0, MOST_NAME).toWellFormed();
}

/** Null for a line of the town's own, or of another teller. */
export function toldIn(line: string, { town, relay }: Teller): Told | null {
  const { gasline } = parsed(line);
  const { town: of, relay: by, n, key, day, total } = fields(gasline);
  const nano = nanoOf(total);
  if (of !== clip(town) || by !== relay || typeof n !== 'number' || typeof key !== 'string' || typeof day !== 'string')
    return null;
  return nano === null ? null : { n, key, day, total: nano };
}

export function parsed(line: string): ReturnType<typeof fields> {
  try {
    return fields(JSON.parse(line));
  } catch {
    // Cut off: the town takes no notice of it either.
    return {};
  }
}

/** With this machine's offset, as the town takes the day of a line from its own text. */
export function localTime(ms: number): string {
  const offset = -new Date(ms).getTimezoneOffset();
  const [size, sign] = [Math.abs(offset), offset < 0 ? '-' : '+'];
  const two = (figure: number) => Math.floor(figure).toString().padStart(2, '0');
  return `${new Date(ms + offset * 60_000).toISOString().slice(0, -1)}${sign}${two(size / 60)}:${two(size % 60)}`;
}

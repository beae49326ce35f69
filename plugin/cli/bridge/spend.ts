// What OpenCode spent in the town, from the relay's ledger: by day and by who worked on what. The ledger sums by two dimensions at a
// time, so it is asked by role and rig first, and by worker and bead only where those sums have changed.

import { done, failed, type Outcome } from '../command.ts';
import { clockIn } from '../day.ts';
import type { DimensionName } from '../dimension.ts';
import { attempt, type Away } from '../relay.ts';
import { readUsage, type Row } from '../usage.ts';
import { CLAUDE_MODEL } from './claude-line.ts';
import type { Work } from './work.ts';

export interface Spender {
  /** In the zone. */
  readonly day: string;
  readonly role: string | null;
  readonly rig: string | null;
  readonly worker: string | null;
  readonly bead: string | null;
}

export interface Spent extends Spender {
  readonly nano: bigint;
}

export interface Span {
  readonly from: string;
  readonly to: string;
  readonly zone: string;
}

type Asking<T> = Outcome<T> | Away;
type Filters = Readonly<Partial<Record<DimensionName, string>>>;
type Group = Pick<Spender, 'role' | 'rig'>;

/** Of each day, role and rig. */
export async function overview(work: Work, span: Span): Promise<Asking<readonly Spent[]>> {
  return spentBy(work, span, ['role', 'rig'], {});
}

/** Of each day, worker and bead of one group, of all that there are. */
export async function detail(
  work: Work,
  span: Span,
  { role, rig }: Group,
  all: readonly Group[],
): Promise<Asking<readonly Spent[]>> {
  // The plugin names a role or a rig, or no town.
  if (role === null && rig === null) return done([]);
  const whole = await spentBy(work, span, ['worker', 'bead'], filtersOf({ role, rig }));
  if (whole.kind !== 'done') return whole;
  let rows = whole.value;
  // What is missing cannot be asked for: it is what is left when those that have it are taken away.
  for (const other of all.filter((one) => hasMore(one, { role, rig }))) {
    const theirs = await spentBy(work, span, ['worker', 'bead'], filtersOf(other));
    if (theirs.kind !== 'done') return theirs;
    rows = lessened(rows, theirs.value);
  }
  return done(rows.map((row) => ({ ...row, role, rig })));
}

function filtersOf({ role, rig }: Group): Filters {
  return { ...(role === null ? {} : { role }), ...(rig === null ? {} : { rig }) };
}

function hasMore(other: Group, { role, rig }: Group): boolean {
  if (role === null) return other.role !== null && other.rig === rig;
  return rig === null && other.rig !== null && other.role === role;
}

/** Without what the bridge itself reported of the town's Claude: the town knows that already. */
async function spentBy(
  work: Work,
  span: Span,
  by: readonly [DimensionName, DimensionName],
  filters: Filters,
): Promise<Asking<readonly Spent[]>> {
  const all = await rowsOf(work, span, by, filters);
  if (all.kind !== 'done' || all.value.length === 0) return all;
  const known = await rowsOf(work, span, by, { ...filters, model: CLAUDE_MODEL });
  return known.kind === 'done' ? done(lessened(all.value, known.value)) : known;
}

async function rowsOf(
  { read, io, town }: Work,
  span: Span,
  by: readonly [DimensionName, DimensionName],
  filters: Filters,
): Promise<Asking<readonly Spent[]>> {
  const query = { ...span, step: 'day', group_by: by.join(','), town: town.name, ...filters };
  const answer = await attempt(read, { path: 'v1/usage', query }, io);
  if (answer.kind !== 'done') return answer;
  const usage = readUsage(answer.value.json, by);
  if (usage === null) return failed('the relay answers in a form not known here: is one of the two newer?');
  return done(usage.rows.map((row) => spentIn(row, span.zone)));
}

function spentIn({ from, labels, money }: Row, zone: string): Spent {
  const label = (name: DimensionName) => labels[name] ?? null;
  const [role, rig, worker, bead] = (['role', 'rig', 'worker', 'bead'] as const).map(label);
  return {
    day: dayOf(from ?? 0, zone),
    role: role ?? null,
    rig: rig ?? null,
    worker: worker ?? null,
    bead: bead ?? null,
    nano: money.cost_usd,
  };
}

export function dayOf(ms: number, zone: string): string {
  return clockIn(zone)?.(ms).day ?? new Date(ms).toISOString().slice(0, 10);
}

export function keyOf({ day, role, rig, worker, bead }: Spender): string {
  return JSON.stringify([day, role, rig, worker, bead]);
}

function lessened(rows: readonly Spent[], by: readonly Spent[]): Spent[] {
  const less = new Map(by.map((row) => [keyOf(row), row.nano]));
  return rows.map((row) => ({ ...row, nano: row.nano - (less.get(keyOf(row)) ?? 0n) }));
}

// The way from the ledger's figure for this machine to another tool's, message by message. Each step has a cause and nothing is
// left over: what no cause explains is a cause of its own.

import { groupBy } from '../group.ts';
import type { LedgerEntry, LedgerSession } from './ledger.ts';
import { openCauses, type CauseName, type Causes, type Part } from './cause.ts';
import type { Local, LocalMessage } from './local.ts';
import type { Measured } from './measure.ts';
import type { Tool } from './tools.ts';

export interface Explanation {
  readonly tool: Tool;
  readonly from: bigint;
  readonly parts: ReadonlyMap<CauseName, Part>;
  /** What the tool's rule gives, or what the tool itself said when it was run. */
  readonly figure: bigint;
  readonly isMeasured: boolean;
}

/** What the ledger has of the work that was done on this machine. */
export function machineCost(sessions: readonly LedgerSession[]): bigint {
  return sessions.reduce((sum, { cost }) => sum + cost, 0n);
}

export function explain(
  tool: Tool,
  local: Local,
  sessions: readonly LedgerSession[],
  measured: Measured | null,
): Explanation {
  const causes = openCauses();
  const left = tool.leftOut(local);
  const counted = (message: LocalMessage): bigint => (left.has(message) ? 0n : message.stored.cost);
  const { held, foreign, since } = entriesOf(sessions);
  const priced = measured === null && tool.hasPrices ? estimates(local, new Map([...held, ...foreign])) : [];
  for (const nano of priced) causes.add('priced-by-tool', nano);
  for (const message of local.messages) {
    const key = keyOf(message.session, message.message ?? '');
    const entry = held.get(key);
    held.delete(key);
    const step = { counted: counted(message), why: left.get(message) ?? null, since, isForeign: foreign.has(key) };
    stepsOf(message, entry, step, causes);
  }
  for (const entry of held.values()) causes.add(entry.isDiscarded ? 'reverted' : 'gone', -entry.cost);
  for (const { place, cost, entries } of sessions) {
    if (place === 'deleted here') causes.add('deleted', -cost);
    if (place === 'here') causes.add('unexplained', entries.reduce((sum, entry) => sum + entry.cost, 0n) - cost);
  }
  const rows = local.messages.reduce((sum, message) => sum + counted(message), 0n);
  const corrections = tool.corrections(local);
  for (const nano of corrections)
    causes.add(isRounding(nano, local.messages.length) ? 'rounding' : 'session-totals', nano);
  const byRule = [...corrections, ...priced].reduce((sum, nano) => sum + nano, rows);
  if (measured !== null) compare(measured, local, counted, causes);
  const from = machineCost(sessions);
  const figure = measured?.total ?? byRule;
  // Each step above is exact, so this is nothing unless one of them is wrong, and then it must be seen.
  causes.add('unexplained', figure - from - causes.total());
  return { tool, from, parts: causes.parts(), figure, isMeasured: measured !== null };
}

/** What the price book says of each message that OpenCode stored no cost for; a copy has the price of its original. */
function estimates({ messages }: Local, held: ReadonlyMap<string, LedgerEntry>): bigint[] {
  const prices = new Map<string, bigint>();
  for (const { session, message, stored } of messages) {
    const list = held.get(keyOf(session, message ?? ''))?.list;
    if (list !== null && list !== undefined) prices.set(stored.fingerprint, list);
  }
  const isCostless = ({ kind, stored }: LocalMessage) =>
    kind !== 'malformed' && stored.cost === 0n && stored.tokens > 0n;
  return messages.filter(isCostless).map(({ stored }) => prices.get(stored.fingerprint) ?? 0n);
}

interface Step {
  readonly counted: bigint;
  /** Why the tool leaves it out. */
  readonly why: CauseName | null;
  readonly since: number;
  /** The ledger has it from another machine. */
  readonly isForeign: boolean;
}

function stepsOf(message: LocalMessage, entry: LedgerEntry | undefined, step: Step, causes: Causes): void {
  const { counted, why, since, isForeign } = step;
  const ledger = entry?.cost ?? 0n;
  if (message.kind !== 'message') {
    causes.add(message.kind === 'copy' ? 'fork-copies' : 'malformed', counted);
    causes.add('another-figure', -ledger);
    return;
  }
  if (why !== null) causes.add(why, counted - message.stored.cost);
  if (isForeign) causes.add('another-machine', message.stored.cost);
  else if (entry === undefined) causes.add(message.at >= since ? 'not-sent' : 'only-here', message.stored.cost);
  else causes.add(ON_BASIS[entry.basis] ?? 'another-figure', message.stored.cost - ledger);
}

const ON_BASIS: Readonly<Record<string, CauseName>> = { list: 'list-price', plan: 'plan' };

interface Held {
  /** Every entry of this machine's sessions, its own and those of others. */
  readonly held: Map<string, LedgerEntry>;
  readonly foreign: ReadonlyMap<string, LedgerEntry>;
  /** When the first of this machine's messages that the relay has was begun. */
  readonly since: number;
}

function entriesOf(sessions: readonly LedgerSession[]): Held {
  const here = sessions.filter(({ place }) => place === 'here');
  const keyed = (pick: 'entries' | 'foreign') =>
    new Map(
      here.flatMap((session) => session[pick].map((entry) => [keyOf(session.id, entry.message), entry] as const)),
    );
  const held = keyed('entries');
  return {
    held,
    foreign: keyed('foreign'),
    since: [...held.values()].reduce((at, entry) => Math.min(at, entry.at), Infinity),
  };
}

function keyOf(session: string, message: string): string {
  return `${session}\n${message}`;
}

interface Group {
  readonly model: string;
  nano: bigint;
  rows: number;
  /** OpenCode stored no cost for some of it, so that the tool may have priced it itself. */
  isUnpriced: boolean;
}

/**
 * The tool's own words against its rule, model by model, and where a model differs session by session. Of equal rows a tool may
 * keep another one than its rule here, in another session: that moves no money.
 */
function compare(
  measured: Measured,
  { messages }: Local,
  counted: (message: LocalMessage) => bigint,
  causes: Causes,
): void {
  const groups = new Map<string, Group>();
  const groupOf = (session: string, model: string): Group => {
    const key = keyOf(session, model);
    const group = groups.get(key) ?? { model, nano: 0n, rows: 0, isUnpriced: false };
    groups.set(key, group);
    return group;
  };
  for (const message of messages) {
    const group = groupOf(message.session, message.model);
    group.nano -= counted(message);
    group.rows += 1;
    group.isUnpriced ||= message.stored.cost === 0n && message.stored.tokens > 0n;
  }
  let told = 0n;
  for (const { session, model, nano } of measured.groups) {
    groupOf(session, model).nano += nano;
    told += nano;
  }
  for (const ofModel of groupBy([...groups.values()], ({ model }) => model).values()) {
    const apart = ofModel.reduce((sum, { nano }) => sum + nano, 0n);
    const rows = ofModel.reduce((sum, group) => sum + group.rows, 0);
    if (isRounding(apart, rows)) causes.add('rounding', apart);
    else for (const group of ofModel) causes.add(causeOf(group), group.nano);
  }
  const rest = measured.total - told;
  causes.add(isRounding(rest, groups.size) ? 'rounding' : 'unexplained', rest);
}

function causeOf({ nano, rows, isUnpriced }: Group): CauseName {
  if (isRounding(nano, rows)) return 'rounding';
  return isUnpriced ? 'priced-by-tool' : 'unexplained';
}

/** At most half a nano-dollar for each message, and one for the sum. */
function isRounding(nano: bigint, rows: number): boolean {
  return (nano < 0n ? -nano : nano) <= BigInt(Math.ceil(rows / 2) + 1);
}

// Random histories of a team: several sources report on the same sessions, messages grow, finish, fail and are copied, sources
// change their branch on the way, some events are lost for good. And random ways in which one history can arrive.
import * as fc from 'fast-check';

import type { AssistantMessage, Batch, EventType, SessionInfo, Source, SourceEvent } from '../../plugin/contract.ts';
import { batch, event, message, source } from './builders.ts';

/** One event and what its source said of itself when it happened. */
export interface Fact {
  readonly source: Source;
  readonly event: SourceEvent;
}

const START = Date.UTC(2026, 10, 18, 22);
/** The evenings before clocks go back in Europe and in America. */
const CLOCK_CHANGES = [Date.UTC(2026, 9, 24, 20), Date.UTC(2026, 9, 31, 12)] as const;
const few = (max: number) => fc.nat({ max });

const step = fc.record({
  source: few(2),
  session: few(3),
  message: few(2),
  kind: fc.constantFrom(
    ...([
      'message',
      'message',
      'message',
      'message',
      'info',
      'idle',
      'status',
      'error',
      'asked',
      'unknown',
      'removed',
      'deleted',
    ] as const),
  ),
  minutes: few(90),
  branch: few(1),
  model: few(1),
  cost: fc.oneof(few(3), few(2_000_000_000)),
  tokens: few(5),
  finished: fc.boolean(),
  failed: fc.boolean(),
  copied: fc.nat({ max: 5 }).map((dice) => dice === 0),
  lost: fc.nat({ max: 9 }).map((dice) => dice === 0),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** All facts of a history in the order of their sources' numbers; numbers that are missing were lost. */
export const history = beginning(START);

/** With the moment that it begins at, which may be just before clocks change. */
export const anyHistory = fc
  .constantFrom(START, ...CLOCK_CHANGES)
  .chain((start) => fc.record({ start: fc.constant(start), facts: beginning(start) }));

function beginning(start: number): fc.Arbitrary<Fact[]> {
  return fc
    .tuple(fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }), fc.tuple(few(3), few(3), few(3), few(3)))
    .map(([steps, parents]) => factsOf(steps, parents, start));
}

const LIVED = {
  ses: few(3),
  msg: few(2),
  cost: few(3),
  tokens: few(2),
  finished: fc.boolean(),
  copied: fc.nat({ max: 4 }),
};

/** What the backfills of three machines say: of a message each says one thing, and of most they say the same. */
export const backfills = fc
  .array(fc.record({ machine: few(2), ...LIVED }), { minLength: 1, maxLength: 40, size: 'max' })
  .map((said) => {
    const once = new Map(said.map((one) => [`${one.machine} ${one.ses} ${one.msg}`, one]));
    return [...Map.groupBy(once.values(), ({ machine }) => machine)].flatMap(([machine, all]) => {
      const member = `member${machine}@example.com`;
      const from = source({ id: `past_${machine}`, backfill: true, member, branch: null, host: `host${machine}` });
      return all.map(({ ses, msg, cost, tokens, finished, copied }, index): Fact => {
        const created_at = new Date(START + (ses * 1_700 + msg * 431) * 60_000).toISOString();
        const use = { input: tokens, output: 1, reasoning: 0, cache_read: 0, cache_write: 0 };
        const completed_at = finished ? new Date(START + 24 * 3_600_000).toISOString() : null;
        const report = { message: `msg_${msg}`, created_at, completed_at, cost_usd: `${cost}`, tokens: use };
        const time = completed_at ?? created_at;
        const session = `ses_${ses}`;
        return { source: from, event: message(index + 1, { ...report, copied: copied === 0 }, { time, session }) };
      });
    });
  });

/** Batches that bring a history in any order, split anywhere, interleaved and in part repeated. */
export function arrivals(facts: readonly Fact[]): fc.Arbitrary<Batch[]> {
  const repeated = fc.subarray([...facts]);
  return repeated
    .chain((again) => fc.shuffledSubarray([...facts, ...again], { minLength: facts.length + again.length }))
    .chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: all.length, maxLength: all.length }),
      ),
    )
    .map(([all, sizes]) => {
      const batches: Batch[] = [];
      for (const size of sizes) batches.push(...batchesOf(all.splice(0, size)));
      return batches;
    });
}

/** The same history as it would arrive if nothing ever went wrong. */
export function straight(facts: readonly Fact[]): Batch[] {
  return batchesOf(facts);
}

/** A batch is of one source with one set of attributes. */
function batchesOf(facts: readonly Fact[]): Batch[] {
  const groups = Map.groupBy(facts, (fact) => JSON.stringify(fact.source));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined
      ? []
      : batch(
          group.map((fact) => fact.event),
          { source: first.source },
        );
  });
}

function factsOf(steps: readonly Step[], parents: readonly number[], start: number): Fact[] {
  const clocks = new Map<number, { seq: number; at: number }>();
  const facts = steps.map((given) => {
    const clock = clocks.get(given.source) ?? { seq: 0, at: start };
    clocks.set(given.source, clock);
    clock.seq += 1;
    clock.at += given.minutes * 60_000;
    return {
      lost: given.lost,
      source: sourceOf(given),
      event: eventOf(given, clock, parents[given.session] ?? 0, start),
    };
  });
  return facts
    .filter(({ lost }) => !lost)
    .map(({ source, event }) => ({ source, event }))
    .toSorted((a, b) => a.source.id.localeCompare(b.source.id) || a.event.seq - b.event.seq);
}

function sourceOf({ source: number, branch }: Step): Source {
  return source({
    id: `src_${number}`,
    member: number === 0 ? 'ann@example.com' : 'bob@example.com',
    project: number === 2 ? null : { id: `p${number}`, name: `example.com/p${number}` },
    branch: branch === 0 ? 'main' : null,
  });
}

function eventOf(given: Step, clock: { seq: number; at: number }, parent: number, start: number): SourceEvent {
  const { seq, at } = clock;
  const common = { time: new Date(at).toISOString(), session: `ses_${given.session}` };
  const info = given.finished ? 'session.created' : 'session.updated';
  const byKind: { readonly [K in Step['kind']]: () => SourceEvent } = {
    message: () => message(seq, messageOf(given, start), common),
    info: () => event(seq, info, infoOf(given, parent, start), common),
    idle: () => event(seq, 'session.idle', {}, common),
    status: () => event(seq, 'session.status', { status: 'busy' }, common),
    error: () => event(seq, 'session.error', { error: { name: 'APIError', status: 500 } }, common),
    asked: () => event(seq, 'permission.asked', { request: `per_${seq}`, permission: 'bash' }, common),
    removed: () => event(seq, 'message.removed', { message: `msg_${given.message}` }, common),
    deleted: () => event(seq, 'session.deleted', infoOf(given, parent, start), common),
    unknown: () => event(seq, 'custom.type' as EventType, { anything: [given.cost] } as never, common),
  };
  return byKind[given.kind]();
}

/** Sessions form a forest: a parent has a smaller number. */
function infoOf({ session, tokens }: Step, parent: number, start: number): SessionInfo {
  return {
    parent: parent < session ? `ses_${parent}` : null,
    created_at: new Date(start).toISOString(),
    title: tokens === 0 ? null : `title ${tokens}`,
  };
}

function messageOf(given: Step, start: number): Partial<AssistantMessage> {
  const nano = given.cost.toString().padStart(10, '0');
  return {
    message: `msg_${given.message}`,
    kind: given.model === 0 ? 'chat' : 'subagent',
    model: `model-${given.model}`,
    agent: given.model === 0 ? 'build' : null,
    created_at: new Date(start + (given.session * 1_700 + given.message * 431) * 60_000).toISOString(),
    completed_at: given.finished ? new Date(start + 1e9).toISOString() : null,
    cost_usd: `${nano.slice(0, -9)}.${nano.slice(-9)}`,
    tokens: {
      input: given.tokens,
      output: 1,
      reasoning: given.tokens % 3,
      cache_read: given.tokens * 2,
      cache_write: given.branch * 7,
    },
    copied: given.copied,
    error: given.failed ? { name: 'MessageAbortedError', status: null } : null,
  };
}

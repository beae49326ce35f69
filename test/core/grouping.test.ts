import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { begun, divide, regroup, topicOf, type Group } from '../../worker/delivery/grouping.ts';

interface Event {
  readonly seq: number;
  readonly type: string;
  readonly session: string | null;
}

const INTERVAL = 60;

function events(...sessions: (string | null)[]): Event[] {
  return sessions.map((session, at) => ({ seq: at + 1, type: 'session.idle', session }));
}

test('the first of each session leads, the others are held', () => {
  const { leading, held } = divide(events('a', 'b', 'a', null, 'a', null), new Map(), { now: 0, most: 9 });
  expect(leading.map(({ seq }) => seq)).toEqual([1, 2, 4]);
  expect(held.map(({ seq }) => seq)).toEqual([3, 5, 6]);
});

test('what has no room waits, and what follows it with it', () => {
  const { leading, held, rest } = divide(events('a', 'a', 'b', 'a', 'b', 'c'), new Map(), { now: 0, most: 1 });
  expect([leading, held, [rest]].map((some) => some.map((event) => event?.seq))).toEqual([[1], [2], [3]]);
  expect(divide(events('a', 'a'), new Map(), { now: 0, most: 0 })).toMatchObject({
    leading: [],
    held: [],
    rest: { seq: 1 },
  });
});

test('each type has intervals of its own', () => {
  const idle = { seq: 1, type: 'session.idle', session: 'a' };
  const error = { seq: 2, type: 'session.error', session: 'a' };
  expect(divide([idle, error], new Map(), { now: 0, most: 9 }).leading).toEqual([idle, error]);
});

test.each([
  ['under way', { until: 11, seq: null, folded: 0 }, false],
  ['over', { until: 10, seq: null, folded: 0 }, true],
  ['over, but what it held has not gone', { until: 10, seq: 5, folded: 0 }, false],
])('in an interval that is %s', (_, group, leads) => {
  const [one] = events('a');
  if (one === undefined) throw new Error('there is none');
  expect(divide([one], new Map([[topicOf(one), group]]), { now: 10, most: 9 }).leading).toEqual(leads ? [one] : []);
});

test('of what is held the newest stands, with a count of the others', () => {
  const at = { now: 10, forMs: INTERVAL };
  const [leader, ...rest] = events('a', 'a', 'a', 'a');
  if (leader === undefined) throw new Error('there is none');
  const topic = topicOf(leader);
  const first = regroup(new Map(), { leading: [leader], held: rest.slice(0, 2) }, at);
  expect(first.get(topic)).toEqual({ until: 70, seq: 3, folded: 1 });
  const second = regroup(first, { leading: [], held: rest.slice(2) }, { ...at, now: 20 });
  expect(second.get(topic)).toEqual({ until: 70, seq: 4, folded: 2 });
});

test('what was held of an interval that somebody has ended meanwhile is due at once', () => {
  const [one] = events('a');
  if (one === undefined) throw new Error('there is none');
  const groups = regroup(new Map(), { leading: [], held: [one] }, { now: 10, forMs: INTERVAL });
  expect([...groups.values()]).toEqual([{ until: 10, seq: 1, folded: 0 }]);
});

interface Sent {
  readonly at: number;
  readonly seq: number;
  readonly topic: string;
  readonly folded: number;
}

/** What a receiver gets of events that come at some times, looked at as the relay does: at once, and when an interval ends. */
function play(arrivals: readonly { readonly at: number; readonly events: readonly Event[] }[]): Sent[] {
  const groups = new Map<string, Group>();
  const sent: Sent[] = [];
  function release(upTo: number): void {
    for (;;) {
      const [next] = [...groups]
        .filter(([, { seq, until }]) => seq !== null && until <= upTo)
        .toSorted(([, a], [, b]) => a.until - b.until);
      if (next === undefined) return;
      const [topic, { until, seq, folded }] = next;
      sent.push({ at: until, seq: seq ?? 0, topic, folded });
      groups.set(topic, begun({ now: until, forMs: INTERVAL }));
    }
  }
  for (const { at, events } of arrivals) {
    release(at);
    const division = divide(events, groups, { now: at, most: 9 });
    for (const event of division.leading) sent.push({ at, seq: event.seq, topic: topicOf(event), folded: 0 });
    for (const [topic, group] of regroup(groups, division, { now: at, forMs: INTERVAL })) groups.set(topic, group);
  }
  release(Number.POSITIVE_INFINITY);
  return sent;
}

const arrivals = fc
  .array(
    fc.record({
      after: fc.integer({ min: 0, max: 90 }),
      sessions: fc.array(fc.constantFrom('a', 'b', null), { maxLength: 4 }),
    }),
    { maxLength: 12 },
  )
  .map((given) => {
    let [at, seq] = [0, 0];
    return given.map(({ after, sessions }) => {
      at += after;
      return { at, events: sessions.map((session) => ({ seq: (seq += 1), type: 'session.idle', session })) };
    });
  });

test('whatever comes when: no two in an interval, in order, the first at once, the last at the end, none uncounted', () => {
  fc.assert(
    fc.property(arrivals, (given) => {
      const sent = play(given);
      for (const topic of new Set(given.flatMap(({ events }) => events.map(topicOf)))) {
        const came = given.flatMap(({ at, events }) =>
          events.filter((event) => topicOf(event) === topic).map(({ seq }) => ({ at, seq })),
        );
        const got = sent.filter((message) => message.topic === topic);
        for (const [index, { at, seq }] of got.slice(1).entries()) {
          expect(at - (got[index]?.at ?? 0)).toBeGreaterThanOrEqual(INTERVAL);
          expect(seq).toBeGreaterThan(got[index]?.seq ?? 0);
        }
        expect([got[0]?.at, got[0]?.seq]).toEqual([came[0]?.at, came[0]?.seq]);
        expect(got.at(-1)?.seq).toBe(came.at(-1)?.seq);
        // Nobody waits longer for the latest word than an interval.
        for (const { at, seq } of came)
          expect(got.some((message) => message.seq >= seq && message.at <= at + INTERVAL)).toBe(true);
        expect(got.reduce((sum, { folded }) => sum + 1 + folded, 0)).toBe(came.length);
      }
    }),
    { numRuns: 500 },
  );
});

// Grouping: at most one message a session, type and interval. The first event goes out at once. Those that come while its interval
// lasts are held back, and the newest of them goes out when it ends, which begins the next. So whoever reads along hears of a
// thing at once, is not rung up for each step of it, and ends with the latest word.

/** An interval under way, and the newest event that is held back in it. */
export interface Group {
  readonly until: number;
  readonly seq: number | null;
  /** How many others the newest stands for. */
  readonly folded: number;
}

/** By topic. */
export type Groups = ReadonlyMap<string, Group>;

interface Grouped {
  readonly seq: number;
  readonly type: string;
  readonly session: string | null;
}

/** What shares an interval: a session's events of one type. Neither holds a line break. */
export function topicOf({ type, session }: Grouped): string {
  return `${type}\n${session ?? ''}`;
}

export interface Division<E> {
  /** To be sent now. */
  readonly leading: readonly E[];
  readonly held: readonly E[];
}

/** Up to the first event for which there is no room among those that are sent; null where there is none. */
export function divide<E extends Grouped>(
  events: readonly E[],
  groups: Groups,
  { now, most }: { readonly now: number; readonly most: number },
): Division<E> & { readonly rest: E | null } {
  const [leading, held]: [E[], E[]] = [[], []];
  const open = new Set([...groups].flatMap(([topic, group]) => (isOver(group, now) ? [] : [topic])));
  for (const event of events) {
    const topic = topicOf(event);
    if (open.has(topic)) held.push(event);
    else if (leading.length === most) return { leading, held, rest: event };
    else leading.push(event);
    open.add(topic);
  }
  return { leading, held, rest: null };
}

/** What is held back is due when its interval ends: until it has gone, its topic has no new one. */
function isOver({ until, seq }: Group, now: number): boolean {
  return seq === null && until <= now;
}

/** The groups that a division changes, once what leads in it has been sent. */
export function regroup<E extends Grouped>(groups: Groups, { leading, held }: Division<E>, at: Interval): Groups {
  const changed = new Map<string, Group>();
  for (const event of leading) changed.set(topicOf(event), begun(at));
  for (const event of held) {
    const topic = topicOf(event);
    const before = changed.get(topic) ?? groups.get(topic);
    // Somebody has ended the interval while what led in it was under way.
    if (before === undefined) changed.set(topic, { until: at.now, seq: event.seq, folded: 0 });
    else changed.set(topic, { ...before, seq: event.seq, folded: before.seq === null ? 0 : before.folded + 1 });
  }
  return changed;
}

export interface Interval {
  readonly now: number;
  readonly forMs: number;
}

/** The interval of a message that goes out now. */
export function begun({ now, forMs }: Interval): Group {
  return { until: now + forMs, seq: null, folded: 0 };
}

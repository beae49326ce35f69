// Endpoints of every sort side by side, each with a receiver of its own that is ill in its own way until it is mended.
import type { Settings } from '../../worker/delivery/settings.ts';
import type { Reply } from './harness.ts';
import { startReceiver, type Answer, type Delivery, type Receiver } from './receiver.ts';

type Event = Reply['body'];

interface Sort {
  readonly given?: { readonly ordered?: true; readonly delivery?: Settings; readonly events?: readonly string[] };
  /** What its receiver answers while it is ill, by the number of the request. */
  readonly answer?: (nth: number) => Answer;
}

const QUICK = Array.from({ length: 20 }, () => 1);
const OK: Answer = { status: 204 };
const oneInThree = (nth: number): Answer => (nth % 3 === 0 ? { status: 500 } : OK);

const SORTS = {
  healthy: {},
  'of some types': { given: { events: ['session.*'] } },
  ordered: { given: { ordered: true } },
  'ordered, fails 1 in 3': { given: { ordered: true, delivery: { retry_schedule_s: QUICK } }, answer: oneInThree },
  batches: { given: { delivery: { batch: 20 } } },
  'batches, fails 1 in 3': { given: { delivery: { batch: 7, retry_schedule_s: QUICK } }, answer: oneInThree },
  'rate-limited': { given: { delivery: { rate_per_minute: 6_000, burst: 20 } } },
  slow: { answer: () => ({ status: 200, afterMs: 100 }) },
  'fails 1 in 3': { given: { delivery: { retry_schedule_s: QUICK } }, answer: oneInThree },
  fails: { given: { delivery: { retry_schedule_s: QUICK } }, answer: () => ({ status: 500 }) },
  'hangs up': { given: { delivery: { retry_schedule_s: QUICK } }, answer: () => 'reset' },
  hangs: { given: { delivery: { timeout_s: 1, retry_schedule_s: QUICK } }, answer: () => 'silence' },
  drips: { given: { delivery: { timeout_s: 1, retry_schedule_s: QUICK } }, answer: () => 'drip' },
  throttles: { answer: (nth) => (nth % 9 === 0 ? { status: 429, headers: { 'retry-after': '1' } } : OK) },
  redirects: {
    given: { delivery: { retry_schedule_s: QUICK } },
    answer: () => ({ status: 307, headers: { location: 'http://127.0.0.1:9/' } }),
  },
  'gone once': { answer: (nth) => (nth === 20 ? { status: 410 } : OK) },
} as const satisfies Record<string, Sort>;

export interface Neighbour {
  readonly name: string;
  readonly sort: Sort;
  readonly receiver: Receiver;
  /** The events that were answered with 2xx, in the order of their first time. */
  readonly taken: ReadonlySet<number>;
  /** How often an event came that had been answered so before. */
  readonly again: () => number;
  readonly mend: () => void;
}

export function startNeighbours(): Promise<Neighbour[]> {
  return Promise.all(Object.entries<Sort>(SORTS).map(([name, sort]) => startNeighbour(name, sort)));
}

async function startNeighbour(name: string, sort: Sort): Promise<Neighbour> {
  const taken = new Set<number>();
  let [nth, again, isMended] = [0, 0, false];
  const receiver = await startReceiver((delivery) => {
    const answer = isMended ? OK : (sort.answer?.(++nth) ?? OK);
    if (typeof answer === 'string' || answer.status >= 300) return answer;
    for (const { seq } of eventsOf(delivery)) {
      if (taken.has(seq)) again += 1;
      taken.add(seq);
    }
    return answer;
  });
  return {
    name,
    sort,
    receiver,
    taken,
    again: () => again,
    mend() {
      isMended = true;
    },
  };
}

/** One, or those of a batch. */
export function eventsOf({ event }: Delivery): Event[] {
  return event.type === 'events.batch' ? event.data.events : [event];
}

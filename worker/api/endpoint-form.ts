// What an admin may say of an endpoint.
import * as v from 'valibot';

import { parseCondition, type Condition } from '../delivery/condition.ts';
import { isPattern } from '../delivery/filter.ts';
import { FORMATS, MAX_CONCURRENCY } from '../delivery/settings.ts';
import { SIGNINGS } from '../delivery/signing-key.ts';
import { DESTINATION_KINDS } from '../destination/destinations.ts';
import { name } from '../event/schema.ts';

const kind = v.picklist(DESTINATION_KINDS, `must be one of ${DESTINATION_KINDS.join(', ')}`);
const url = v.pipe(v.string('must be text'), v.maxLength(2_048, 'must be at most 2048 characters'));
const events = v.pipe(
  v.array(v.pipe(v.string('must be text'), v.check(isPattern, 'must be a type such as session.idle, session.* or *'))),
  v.minLength(1, 'must name a type'),
  v.maxLength(100, 'must name at most 100 types'),
);
const where = v.pipe(
  // A schema of records would leave out keys such as "__proto__" without a word.
  v.custom<Condition>(() => true),
  v.rawCheck(({ dataset, addIssue }) => {
    const parsed = parseCondition(dataset.value);
    if (parsed.ok) return;
    const { message, got, path } = parsed.error;
    const [first, ...rest] = path.map(
      (key) => ({ type: 'unknown', origin: 'value', key, input: null, value: null }) as const,
    );
    addIssue({ message, received: got, ...(first === undefined ? {} : { path: [first, ...rest] }) });
  }),
);
const ordered = v.boolean('must be true or false');
const signing = v.picklist(SIGNINGS, `must be one of ${SIGNINGS.join(', ')}`);

/** A setting; null takes it back to its default. */
function whole(min: number, max: number, what = 'a whole number') {
  const words = `must be ${what} from ${min} to ${max}`;
  return v.exactOptional(
    v.nullable(v.pipe(v.number(words), v.integer(words), v.minValue(min, words), v.maxValue(max, words))),
  );
}
const format = v.picklist(FORMATS, `must be one of ${FORMATS.join(', ')}`);

const step = 'must be a whole number of seconds from 1 to 604800';
const delivery = v.strictObject({
  retry_schedule_s: v.exactOptional(
    v.nullable(
      v.pipe(
        v.array(v.pipe(v.number(step), v.integer(step), v.minValue(1, step), v.maxValue(604_800, step))),
        v.maxLength(20, 'must have at most 20 steps'),
      ),
    ),
  ),
  disable_after_h: whole(0, 720, 'a whole number of hours'),
  timeout_s: whole(1, 30, 'a whole number of seconds'),
  concurrency: whole(1, MAX_CONCURRENCY),
  rate_per_minute: whole(1, 60_000),
  burst: whole(1, 1_000),
  batch: whole(2, 100),
  group_s: whole(1, 86_400, 'a whole number of seconds'),
  format: v.exactOptional(v.nullable(format)),
});

const calledEndpoint = v.strictObject({
  kind,
  name: v.optional(name),
  url,
  /** Left out: all for a webhook, what a person may want to act on for a chat. */
  events: v.optional(events),
  /** What an event must be beside its type; null, or left out: nothing. */
  where: v.optional(v.nullable(where), null),
  ordered: v.optional(ordered),
  /** Left out: v1. */
  signing: v.optional(signing),
  /** How to deliver; what is left out, or null, goes by the default. */
  delivery: v.optional(delivery, {}),
  /** The position in the log to start after; left out, only what comes from now on is delivered. */
  after: v.optional(v.pipe(v.number('must be a number'), v.safeInteger(), v.minValue(0))),
});

const pullEndpoint = v.strictObject({
  ...v.omit(calledEndpoint, ['url', 'ordered', 'signing', 'delivery']).entries,
  kind: v.literal('pull'),
});

const kinds = `must be one of ${[...DESTINATION_KINDS, 'pull'].join(', ')}`;
export const newEndpoint = v.variant('kind', [calledEndpoint, pullEndpoint], kinds);
export type NewPull = v.InferOutput<typeof pullEndpoint>;

export const changedEndpoint = v.partial(
  v.strictObject({ name, url, events, where: v.nullable(where), ordered, delivery }),
);

const last = 'must be a whole number from 1 to 1000';
const tried = {
  events: v.optional(events),
  where: v.optional(v.nullable(where)),
  /** How many of the newest events to look at. */
  last: v.optional(v.pipe(v.number(last), v.integer(last), v.minValue(1, last), v.maxValue(1_000, last)), 200),
};
/** What is left out of the first is as for a new endpoint, of the second as the endpoint has it. */
export const matchForm = v.strictObject({ kind: v.optional(kind, 'webhook'), ...tried });
export const rematchForm = v.strictObject(tried);

const hours = 'must be a whole number from 0 to 168';
export const rotateForm = v.strictObject({
  overlap_hours: v.optional(
    v.pipe(v.number(hours), v.integer(hours), v.minValue(0, hours), v.maxValue(168, hours)),
    24,
  ),
  /** Left out, as it is. */
  signing: v.optional(signing),
});

export const ackForm = v.strictObject({ upto: v.pipe(v.number('must be a number'), v.safeInteger(), v.minValue(0)) });

// What a Gas City's `exec:` providers are given, a JSON object each: an event of its log, and a fact of what was used (gascity,
// internal/events/events.go and internal/usage/usage.go).
import * as v from 'valibot';

import { fail, ok, type Result } from '../result.ts';
import { labelOf, shorten, type Heard } from './heard.ts';
import { describe, STRICTLY } from './issue.ts';

const MAX_MESSAGE = 2_000;
/** As JSON. */
const MAX_PAYLOAD = 8_000;
const MAX_COUNT = 1_000_000_000;
/** The last millisecond that a Date knows. */
const MAX_TIME = 8.64e15;

/** What our own events are called when we tell them to a city, see worker/destination/gascity.ts. */
const OURS = 'gasline.';

const label = v.pipe(
  v.nullish(v.string('must be text'), null),
  v.transform((text: string | null) => labelOf(text)),
);
const count = v.nullish(
  v.pipe(v.number('must be a number'), v.integer('must be whole'), v.minValue(0), v.maxValue(MAX_COUNT)),
  0,
);
const amount = v.nullish(
  v.pipe(v.number('must be a number'), v.minValue(0, 'must not be negative'), v.maxValue(MAX_COUNT)),
  0,
);

const event = v.object({
  seq: v.nullish(v.number('must be a number'), null),
  type: v.pipe(v.string('must be text'), v.minLength(1, 'must not be empty')),
  ts: label,
  actor: label,
  subject: label,
  message: v.nullish(v.string('must be text'), null),
  run_id: label,
  session_id: label,
  step_id: label,
  payload: v.optional(v.unknown()),
});

/** Null for what we told the city ourselves: it would go round for ever. */
export function cityEvent(given: unknown): Result<Heard | null, string> {
  const read = v.safeParse(event, given, STRICTLY);
  if (!read.success) return fail(describe(read.issues[0]));
  const { type, message, payload = null, run_id: run, session_id: session, step_id: step, ...rest } = read.output;
  if (type.startsWith(OURS)) return ok(null);
  const data = {
    ...rest,
    type: labelOf(type),
    message: message === null ? null : shorten(message.toWellFormed(), MAX_MESSAGE),
    run,
    session,
    step,
    payload: JSON.stringify(payload).length > MAX_PAYLOAD ? null : payload,
  };
  return ok({ type: 'city.event', data });
}

const fact = v.object({
  kind: v.picklist(['model', 'compute'], 'must be model or compute'),
  run_id: label,
  session_id: label,
  step_id: label,
  worker: label,
  city: label,
  formula_name: label,
  provider: label,
  upstream: label,
  model: label,
  backing: label,
  input_tokens: count,
  output_tokens: count,
  cache_read_tokens: count,
  cache_creation_tokens: count,
  runtime: label,
  wall_seconds: amount,
  cost_usd_estimate: amount,
  unpriced: v.nullish(v.boolean('must be true or false'), false),
  at: v.nullish(
    v.pipe(v.number('must be a number'), v.integer('must be whole'), v.minValue(0), v.maxValue(MAX_TIME)),
    0,
  ),
  idempotency_key: label,
});

/**
 * It is charged to nobody: where OpenCode runs in a city the plugin has reported the same call, and the city calls its figure an
 * estimate itself.
 */
export function cityUsage(given: unknown): Result<Heard, string> {
  const read = v.safeParse(fact, given, STRICTLY);
  if (!read.success) return fail(describe(read.issues[0]));
  const { run_id: run, session_id: session, step_id: step, formula_name: formula, ...rest } = read.output;
  const { input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, ...more } = rest;
  const { wall_seconds: wall_s, cost_usd_estimate: estimate, unpriced, at, idempotency_key: key, ...others } = more;
  const data = {
    ...others,
    run,
    session,
    step,
    formula,
    used_at: at === 0 ? null : new Date(at).toISOString(),
    wall_s,
    tokens: {
      input: input_tokens,
      output: output_tokens,
      cache_read: cache_read_tokens,
      cache_write: cache_creation_tokens,
    },
    /** "Not measured", not "free", where the city knows no price. */
    estimate_usd: unpriced ? null : usd(estimate),
    key,
  };
  return ok({ type: 'city.usage', data });
}

function usd(amount: number): string {
  return amount.toFixed(9).replace(/\.?0+$/, '');
}

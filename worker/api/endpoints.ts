// The endpoints of a team: make, show, change, test, replay. A secret is shown by the answer that makes it and never again.
import type { Context } from 'hono';
import * as v from 'valibot';

import { randomBytes } from '../access/random.ts';
import { base32 } from '../access/token.ts';
import { open, seal } from '../access/cipher.ts';
import { isPattern } from '../delivery/filter.ts';
import type { AddressPolicy } from '../delivery/guard.ts';
import type { Outcome } from '../delivery/outcome.ts';
import { sendAll } from '../delivery/send.ts';
import { overlapEnd, secretsAt } from '../delivery/rotation.ts';
import { newKey, SIGNINGS, type Signing } from '../delivery/signing-key.ts';
import { vetFor } from '../destination/address.ts';
import { DESTINATION_KINDS, destinations } from '../destination/destinations.ts';
import { outgoing, type PublicEvent } from '../event/event.ts';
import { RELAY } from '../event/own.ts';
import { instant, name } from '../event/schema.ts';
import type { AttemptQuery, AttemptRow } from '../store/delivery.ts';
import { fail, ok, type Result } from '../result.ts';
import type { EndpointState } from '../store/endpoints.ts';
import { givenOf, readForm } from './body.ts';
import type { Api } from './context.ts';
import { problem, refuse } from './problem.ts';
import { oneOf, readQuery, whole } from './query.ts';
import { answer, iso, teamOf } from './team.ts';

const url = v.pipe(v.string('must be text'), v.maxLength(2_048, 'must be at most 2048 characters'));
const events = v.pipe(
  v.array(v.pipe(v.string('must be text'), v.check(isPattern, 'must be a type such as session.idle, session.* or *'))),
  v.minLength(1, 'must name a type'),
  v.maxLength(100, 'must name at most 100 types'),
);
const ordered = v.boolean('must be true or false');
const signing = v.picklist(SIGNINGS, `must be one of ${SIGNINGS.join(', ')}`);

const newEndpoint = v.strictObject({
  kind: v.picklist(DESTINATION_KINDS, `must be one of ${DESTINATION_KINDS.join(', ')}`),
  name: v.optional(name),
  url,
  /** Left out: all for a webhook, what a person may want to act on for a chat. */
  events: v.optional(events),
  ordered: v.optional(ordered, false),
  /** Left out: v1. */
  signing: v.optional(signing),
  /** The position in the log to start after; left out, only what comes from now on is delivered. */
  after: v.optional(v.pipe(v.number('must be a number'), v.safeInteger(), v.minValue(0))),
});

const changedEndpoint = v.partial(v.strictObject({ name, url, events, ordered }));

const hours = 'must be a whole number from 0 to 168';
const rotateForm = v.strictObject({
  overlap_hours: v.optional(
    v.pipe(v.number(hours), v.integer(hours), v.minValue(0, hours), v.maxValue(168, hours)),
    24,
  ),
  /** Left out, as it is. */
  signing: v.optional(signing),
});

const replayForm = v.union(
  [
    v.strictObject({ since: instant, dry_run: v.optional(v.boolean(), false) }),
    v.strictObject({
      after: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
      dry_run: v.optional(v.boolean(), false),
    }),
  ],
  'must be {"since": an ISO 8601 time} or {"after": a position}',
);

export async function postEndpoint(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, newEndpoint);
  if (!form.ok) return problem(c, form.error);
  const { after, ...given } = form.value;
  const destination = destinations[given.kind];
  const address = vetFor(destination, given.url, policyOf(c));
  if (!address.ok) return problem(c, refuse('body-malformed', address.error));
  const id = `ep_${base32(randomBytes(10))}`;
  if (!destination.signs && given.signing !== undefined)
    return problem(c, refuse('body-malformed', `signing: nothing is signed for ${given.kind}`));
  const { secret, sealed } = await makeKey(c, id, given.signing ?? 'v1');
  const chosen = { name: given.name ?? address.value.host, events: given.events ?? destination.events };
  const draft = { ...given, ...sealed, ...chosen, id };
  const added = await teamOf(c).addEndpoint(c.var.credential, draft, after ?? null);
  // A kind that signs nothing has no secret to be told: its URL is one.
  const told = destination.signs ? { secret } : {};
  return answer(c, added, (endpoint) => c.json({ endpoint: showEndpoint(c, endpoint), ...told }, 201));
}

export async function getEndpoints(c: Context<Api>): Promise<Response> {
  return answer(c, await teamOf(c).endpoints(c.var.credential), (all) =>
    c.json({ endpoints: all.map((endpoint) => showEndpoint(c, endpoint)) }),
  );
}

export async function getEndpoint(c: Context<Api>): Promise<Response> {
  return showAnswer(c, await teamOf(c).endpoint(c.var.credential, idOf(c)));
}

export async function patchEndpoint(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, changedEndpoint);
  if (!form.ok) return problem(c, form.error);
  if (form.value.url !== undefined) {
    const found = await teamOf(c).endpoint(c.var.credential, idOf(c));
    if (!found.ok) return problem(c, found.error);
    const address = vetFor(destinations[found.value.kind], form.value.url, policyOf(c));
    if (!address.ok) return problem(c, refuse('body-malformed', address.error));
  }
  return showAnswer(c, await teamOf(c).changeEndpoint(c.var.credential, idOf(c), givenOf(form.value)));
}

export async function deleteEndpoint(c: Context<Api>): Promise<Response> {
  return answer(c, await teamOf(c).removeEndpoint(c.var.credential, idOf(c)), () => c.body(null, 204));
}

/** Sets the state: enabling goes on from where the cursor stands. */
export function setState(state: 'enabled' | 'disabled') {
  return async function changeState(c: Context<Api>): Promise<Response> {
    return showAnswer(c, await teamOf(c).changeEndpoint(c.var.credential, idOf(c), { state }));
  };
}

/** Gives it a new key, which this answer alone shows. Until the overlap ends every message is signed with both. */
export async function rotateEndpoint(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, rotateForm);
  if (!form.ok) return problem(c, form.error);
  const found = await teamOf(c).endpoint(c.var.credential, idOf(c));
  if (!found.ok) return problem(c, found.error);
  if (!destinations[found.value.kind].signs)
    return problem(c, refuse('body-malformed', `nothing is signed for ${found.value.kind}: its URL is its secret`));
  const { secret, sealed } = await makeKey(c, found.value.id, form.value.signing ?? found.value.signing);
  const overlapMs = form.value.overlap_hours * 3_600_000;
  const rotated = await teamOf(c).rotate(c.var.credential, found.value.id, { ...sealed, overlapMs });
  return answer(c, rotated, (endpoint) => c.json({ endpoint: showEndpoint(c, endpoint), secret }));
}

/** Nobody is shown the private key of a pair: there is no secret to keep but ours. */
async function makeKey(c: Context<Api>, id: string, signing: Signing) {
  const { secret, publicKey } = await newKey(signing, randomBytes);
  const sealed = { signing, publicKey, secret: await seal(secret, id, c.env.OPERATOR_SECRET) };
  return { secret: publicKey === null ? secret : null, sealed };
}

/** Sends one event of type endpoint.test, past cursor and log, and answers with what became of it. */
export async function testEndpoint(c: Context<Api>): Promise<Response> {
  const found = await teamOf(c).endpoint(c.var.credential, idOf(c));
  if (!found.ok) return problem(c, found.error);
  const { id, kind, url } = found.value;
  const secrets = secretsAt(found.value, Date.now());
  const keys = await Promise.all(secrets.map((secret) => open(secret, id, c.env.OPERATOR_SECRET)));
  const target = { url, keys, destination: destinations[kind], policy: policyOf(c) };
  const [attempt] = await sendAll([outgoing(testEvent(c.var.credential.team))], target, { fetch, now: Date.now });
  if (attempt === undefined) throw new Error('an event was sent and nothing came of it');
  return c.json({
    at: iso(attempt.at),
    duration_ms: attempt.durationMs,
    outcome: showOutcome(attempt.outcome),
  });
}

/** Moves the cursor back; with dry_run it only says how many positions that would be. */
export async function replayEndpoint(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, replayForm);
  if (!form.ok) return problem(c, form.error);
  const from = 'since' in form.value ? { time: Date.parse(form.value.since) } : { position: form.value.after };
  const replayed = await teamOf(c).replay(c.var.credential, idOf(c), from, form.value.dry_run);
  return answer(c, replayed, ({ after, to }) =>
    c.json({ after, head: to, positions: to - after, dry_run: form.value.dry_run }, 202),
  );
}

/** An attempt by its event's position and its number there: `42.3`. */
function attemptName(given: string | undefined): Result<AttemptQuery['before'], string> {
  if (given === undefined) return ok(null);
  const [, seq, number] = /^(\d{1,15})\.(\d{1,9})$/.exec(given) ?? [];
  if (seq === undefined || number === undefined)
    return fail(`must be what next said, such as 42.3, got ${given.slice(0, 80)}`);
  return ok({ seq: Number(seq), number: Number(number) });
}

const OUTCOMES = ['delivered', 'retry', 'exhausted', 'rejected', 'gone'] as const;
const ATTEMPTS = {
  before: attemptName,
  outcome: oneOf(OUTCOMES),
  limit: whole({ min: 1, max: 1_000, otherwise: 100 }),
};

export async function getAttempts(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, ATTEMPTS);
  if (!query.ok) return problem(c, query.error);
  const { limit } = query.value;
  const attempts = await teamOf(c).attempts(c.var.credential, idOf(c), { ...query.value, limit: limit + 1 });
  return answer(c, attempts, (rows) => {
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    const shown = rows.slice(0, limit).map((row) => showAttempt(row, c.var.credential.team));
    return c.json({ attempts: shown, next: last === undefined ? null : `${last.seq}.${last.number}` });
  });
}

function showAnswer(c: Context<Api>, endpoint: Parameters<typeof answer<EndpointState>>[1]): Response {
  return answer(c, endpoint, (value) => c.json({ endpoint: showEndpoint(c, value) }));
}

/** The URL of many receivers is their secret: whoever may only read sees where it goes and no more. */
function showEndpoint(c: Context<Api>, endpoint: EndpointState) {
  const url = c.var.credential.scope === 'admin' ? endpoint.url : new URL(endpoint.url).origin;
  const { id, kind, name, events, ordered, signing, state, reason, cursor, behind, waiting } = endpoint;
  const overlap = overlapEnd(endpoint, Date.now());
  const pausedUntil = endpoint.notBefore > Date.now() ? iso(endpoint.notBefore) : null;
  const created_at = iso(endpoint.created);
  return {
    id,
    kind,
    name,
    url,
    events,
    ordered,
    signing,
    public_key: endpoint.publicKey,
    /** When the last of the older keys stops signing. */
    overlap_until: overlap === null ? null : iso(overlap),
    state,
    reason,
    cursor,
    behind,
    waiting,
    paused_until: pausedUntil,
    created_at,
  };
}

function showOutcome(outcome: Outcome) {
  if (outcome.kind !== 'retry') return outcome;
  const { kind, status, detail, afterMs } = outcome;
  return { kind, status, detail, retry_after_ms: afterMs };
}

function showAttempt(row: AttemptRow, team: string) {
  const { seq, number, outcome, status, detail } = row;
  return {
    event: `${team}-${seq}`,
    seq,
    number,
    at: iso(row.at),
    duration_ms: row.duration_ms,
    outcome,
    status,
    detail,
    next_at: row.next_at === null ? null : iso(row.next_at),
  };
}

function testEvent(team: string): PublicEvent {
  const now = iso(Date.now());
  const id = `${team}-test-${base32(randomBytes(10))}`;
  const origin = { id: 'test', seq: 0 };
  return {
    id,
    seq: 0,
    type: 'endpoint.test',
    timestamp: now,
    received_at: now,
    session: null,
    origin,
    source: RELAY,
    data: { hello: 'world' },
  };
}

function policyOf(c: Context<Api>): AddressPolicy {
  return { allowPrivate: c.env.ALLOW_PRIVATE_ENDPOINTS === 'true' };
}

function idOf(c: Context<Api>): string {
  return c.req.param('id') ?? '';
}

// POST /v1/endpoints/:id/test shows what a receiver makes of an event before one happens; GET /v1/event-types lists those there are.
import type { Context } from 'hono';
import * as v from 'valibot';

import { randomBytes } from '../access/random.ts';
import { base32 } from '../access/token.ts';
import type { Exchange } from '../delivery/exchange.ts';
import { NO_MAIL } from '../delivery/mail.ts';
import type { Outcome } from '../delivery/outcome.ts';
import { secretsAt } from '../delivery/rotation.ts';
import { mannerOf } from '../delivery/settings.ts';
import { sendAll } from '../delivery/send.ts';
import { wantedBy } from '../delivery/wanted.ts';
import { outgoing } from '../event/event.ts';
import { EVENT_TYPES, exampleOf } from '../event/example.ts';
import { ok, type Result } from '../result.ts';
import { openTarget, wireTo } from '../target.ts';
import { readForm } from './body.ts';
import type { Api } from './context.ts';
import { showExchange } from './exchange-view.ts';
import { problem, refuse, type Refusal } from './problem.ts';
import { calledOf } from './pull.ts';
import { idOf, iso, servedAt, teamOf } from './team.ts';

const USUAL = 'endpoint.test';
const form = v.strictObject({
  type: v.optional(v.picklist(EVENT_TYPES, `must be one of ${EVENT_TYPES.join(', ')}`), USUAL),
});

/** Sends one event past cursor and log, whatever the endpoint's filter, and answers with what became of it. */
export async function testEndpoint(c: Context<Api>): Promise<Response> {
  const type = await typeAsked(c);
  if (!type.ok) return problem(c, type.error);
  const found = await teamOf(c).endpoint(c.var.credential, idOf(c));
  if (!found.ok) return problem(c, found.error);
  const called = calledOf(found.value);
  if (!called.ok) return problem(c, called.error);
  const { id, kind, url, settings } = called.value;
  const secrets = secretsAt(called.value, Date.now());
  const manner = mannerOf(settings);
  const target = await openTarget(c.env, { id, kind, url, secrets, manner }, servedAt(c));
  const wire = wireTo(c.env, target.destination);
  if (wire === null) return problem(c, refuse('mail-missing', NO_MAIL));
  const { team } = c.var.credential;
  const event = exampleOf(type.value, { id: `${team}-test-${base32(randomBytes(10))}`, at: Date.now() });
  const sent = outgoing(event);
  const [attempt] = await sendAll([sent], target, wire);
  if (attempt === undefined) throw new Error('an event was sent and nothing came of it');
  const { outcome } = attempt;
  const exchange = attempt.exchange === null ? null : (JSON.parse(attempt.exchange) as Exchange);
  return c.json({
    at: iso(attempt.at),
    duration_ms: attempt.durationMs,
    type: type.value,
    /** Whether the endpoint would get it if it happened. */
    wanted: wantedBy(called.value)(event, event.source),
    outcome: showOutcome(outcome),
    ...(await showExchange(c, called.value, { exchange, status: outcome.status, event: sent.json })),
  });
}

/** Whoever sends nothing gets the usual one. */
async function typeAsked(c: Context<Api>): Promise<Result<string, Refusal>> {
  // A client that has nothing to say may still name the type of it.
  if (c.req.raw.body === null || c.req.header('content-length') === '0') return ok(USUAL);
  const given = await readForm(c, form);
  return given.ok ? ok(given.value.type) : given;
}

function showOutcome(outcome: Outcome) {
  if (outcome.kind !== 'retry') return outcome;
  const { kind, status, detail, afterMs } = outcome;
  return { kind, status, detail, retry_after_ms: afterMs };
}

export function getEventTypes(c: Context<Api>): Response {
  const at = Date.now();
  const types = EVENT_TYPES.map((type) => ({
    type,
    example: exampleOf(type, { id: `${c.var.credential.team}-0`, at }),
  }));
  return c.json({ types });
}

// What became of the tries to deliver, and a try on demand.
import type { Context } from 'hono';

import { randomBytes } from '../access/random.ts';
import { base32 } from '../access/token.ts';
import { NO_MAIL } from '../delivery/mail.ts';
import type { Outcome } from '../delivery/outcome.ts';
import { secretsAt } from '../delivery/rotation.ts';
import { mannerOf } from '../delivery/settings.ts';
import { sendAll } from '../delivery/send.ts';
import { outgoing, type PublicEvent } from '../event/event.ts';
import { RELAY } from '../event/own.ts';
import { fail, ok, type Result } from '../result.ts';
import type { AttemptQuery, AttemptRow } from '../store/attempts.ts';
import { openTarget, wireTo } from '../target.ts';
import type { Api } from './context.ts';
import { problem, refuse } from './problem.ts';
import { calledOf } from './pull.ts';
import { oneOf, readQuery, whole } from './query.ts';
import { answer, idOf, iso, servedAt, teamOf } from './team.ts';

/** Sends one event of type endpoint.test, past cursor and log, and answers with what became of it. */
export async function testEndpoint(c: Context<Api>): Promise<Response> {
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
  const [attempt] = await sendAll([outgoing(testEvent(c.var.credential.team))], target, wire);
  if (attempt === undefined) throw new Error('an event was sent and nothing came of it');
  return c.json({
    at: iso(attempt.at),
    duration_ms: attempt.durationMs,
    outcome: showOutcome(attempt.outcome),
  });
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

function showOutcome(outcome: Outcome) {
  if (outcome.kind !== 'retry') return outcome;
  const { kind, status, detail, afterMs } = outcome;
  return { kind, status, detail, retry_after_ms: afterMs };
}

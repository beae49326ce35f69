// The delivery log: what became of the tries to deliver, and what went over the wire.
import type { Context } from 'hono';

import { outgoing, seqOf } from '../event/event.ts';
import { fail, ok, type Result } from '../result.ts';
import type { AttemptPlace, AttemptQuery, StatusRange } from '../store/attempt-list.ts';
import type { AttemptName, AttemptRow } from '../store/attempts.ts';
import { eventIn } from './archive.ts';
import type { Api } from './context.ts';
import { showExchange } from './exchange-view.ts';
import { problem, refuse, type Refusal } from './problem.ts';
import { calledOf } from './pull.ts';
import { oneOf, readQuery, text, time, whole, type Read } from './query.ts';
import { answer, ask, idOf, iso } from './team.ts';

/** An attempt by its event's position and its number there: `42.3`. */
function parseName(given: string): AttemptName | null {
  const [, seq, number] = /^(\d{1,15})\.(\d{1,9})$/.exec(given) ?? [];
  return seq === undefined || number === undefined ? null : { seq: Number(seq), number: Number(number) };
}

/** Where a page ended: an attempt, and over all endpoints the endpoint's id after it. */
function placeAt(endpoint: string | null): Read<AttemptPlace | null> {
  const form = endpoint === null ? '42.3.ep_a' : '42.3';
  return (given) => {
    if (given === undefined) return ok(null);
    const [, name = '', id] = /^(\d+\.\d+)(?:\.(ep_\w{1,80}))?$/.exec(given) ?? [];
    const [named, at] = [parseName(name), endpoint === null ? id : id === undefined ? endpoint : undefined];
    if (named !== null && at !== undefined) return ok({ ...named, endpoint: at });
    return fail(`must be what next said, such as ${form}, got ${given.slice(0, 80)}`);
  };
}

/** One status, all of a class, or none where no answer came. */
const status: Read<AttemptQuery['status']> = (given) => {
  if (given === undefined || given === 'none') return ok(given ?? null);
  const [, digit, rest] = /^([1-5])(\d\d|xx)$/.exec(given) ?? [];
  if (digit === undefined) return fail(`must be a status such as 500, 5xx or none, got ${given.slice(0, 80)}`);
  const from = Number(digit + (rest === 'xx' ? '00' : rest));
  return ok({ from, to: rest === 'xx' ? from + 99 : from } satisfies StatusRange);
};

const OUTCOMES = ['delivered', 'retry', 'exhausted', 'rejected', 'gone'] as const;

function parametersOf(team: string, endpoint: string | null) {
  const event: Read<number | null> = (given) => {
    if (given === undefined) return ok(null);
    const seq = seqOf(team, given);
    return seq === null ? fail(`must be the id of an event, such as ${team}-42, got ${given.slice(0, 80)}`) : ok(seq);
  };
  const limit = whole({ min: 1, max: 1_000, otherwise: 100 });
  return { before: placeAt(endpoint), event, status, outcome: oneOf(OUTCOMES), since: time, until: time, limit };
}

/** `next` is where to go on; a page may be empty before all was looked at. */
export async function getAttempts(c: Context<Api>): Promise<Response> {
  const { team } = c.var.credential;
  const query = readQuery(c, parametersOf(team, idOf(c)));
  if (!query.ok) return problem(c, query.error);
  return answer(c, await ask(c, 'attempts', idOf(c), query.value), ({ attempts, next }) =>
    c.json({ attempts: attempts.map((row) => showAttempt(row, team)), next: next === null ? null : nameOf(next) }),
  );
}

/** The same over all endpoints, or at the one that is asked for. */
export async function getAllAttempts(c: Context<Api>): Promise<Response> {
  const { team } = c.var.credential;
  const query = readQuery(c, { endpoint: text, ...parametersOf(team, null) });
  if (!query.ok) return problem(c, query.error);
  const { endpoint, ...rest } = query.value;
  const found = endpoint === null ? ask(c, 'attemptsEverywhere', rest) : ask(c, 'attempts', endpoint, rest);
  return answer(c, await found, ({ attempts, next }) =>
    c.json({
      attempts: attempts.map((row) => ({ endpoint: row.endpoint, ...showAttempt(row, team) })),
      next: next === null ? null : `${nameOf(next)}.${next.endpoint}`,
    }),
  );
}

export async function getAttempt(c: Context<Api>): Promise<Response> {
  const given = c.req.param('attempt') ?? '';
  const named = parseName(given);
  if (named === null)
    return problem(c, refuse('not-found', `an attempt is named such as 42.3, got ${given.slice(0, 80)}`));
  const found = await ask(c, 'attempt', idOf(c), named);
  if (!found.ok) return problem(c, found.error);
  const { row, exchange, lead, event, endpoint } = found.value;
  const called = calledOf(endpoint);
  if (!called.ok) return problem(c, called.error);
  const asked = event === null ? null : await eventIn(c, event);
  // What it was about may be in an archive that cannot be read now: the rest can be shown all the same.
  const json = asked?.ok === true ? outgoing(asked.value).json : null;
  const shown = await showExchange(c, called.value, { exchange, status: row.status, event: json });
  const { team } = c.var.credential;
  return c.json({
    attempt: {
      ...showAttempt(row, team),
      endpoint: endpoint.id,
      /** What it went with, in one request. */
      with: lead === null ? null : nameOf(lead),
      ...shown,
    },
  });
}

/** Of one event, at all endpoints. */
export async function getEventAttempts(c: Context<Api>): Promise<Response> {
  const seq = eventAsked(c);
  if (!seq.ok) return problem(c, seq.error);
  const found = await ask(c, 'eventAttempts', seq.value);
  return answer(c, found, (rows) =>
    c.json({ attempts: rows.map((row) => ({ endpoint: row.endpoint, ...showAttempt(row, c.var.credential.team) })) }),
  );
}

export async function getEvent(c: Context<Api>): Promise<Response> {
  const seq = eventAsked(c);
  if (!seq.ok) return problem(c, seq.error);
  const page = await ask(c, 'event', seq.value);
  if (!page.ok) return problem(c, page.error);
  return answer(c, await eventIn(c, page.value), (event) => c.json({ event }));
}

function eventAsked(c: Context<Api>): Result<number, Refusal> {
  const { team } = c.var.credential;
  const seq = seqOf(team, idOf(c));
  if (seq !== null) return ok(seq);
  return fail(refuse('not-found', `an event has an id such as ${team}-42, got ${idOf(c).slice(0, 80)}`));
}

function nameOf({ seq, number }: AttemptName): string {
  return `${seq}.${number}`;
}

function showAttempt(row: AttemptRow, team: string) {
  const { seq, number, outcome, status, detail } = row;
  return {
    attempt: nameOf(row),
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

// POST /v1/events takes what a plugin spooled; GET /v1/events reads the team's log.
import type { Context } from 'hono';

import type { Receipt } from '../../plugin/contract.ts';
import { isPattern } from '../delivery/filter.ts';
import { pack } from '../event/event.ts';
import { parseBatch } from '../event/parse.ts';
import { maxUsdOf } from '../env.ts';
import { fail, ok, type Result } from '../result.ts';
import { matcher, type Start } from '../store/log.ts';
import { readJson } from './body.ts';
import type { Api } from './context.ts';
import { problem, refuse, type Refusal } from './problem.ts';
import { filter, positionOrNone, readQuery, text, time, wait, whole, type Read } from './query.ts';
import { answerPage } from './archive.ts';
import { answer, teamOf } from './team.ts';

/** 202 with a Receipt once all that was good of the batch is stored; 422 where nothing was. */
export async function postEvents(c: Context<Api>): Promise<Response> {
  const body = await readJson(c);
  if (!body.ok) return problem(c, body.error);
  const parsed = parseBatch(body.value, { now: Date.now(), maxUsd: maxUsdOf(c.env) });
  if (!parsed.ok) return problem(c, refuse('body-malformed', parsed.error));
  const { batch, rejected } = parsed.value;
  const accepted = await teamOf(c).accept(c.var.credential, pack(batch), rejected.length);
  return answer(c, accepted, ({ budgets, mail, ...counts }) => {
    if (batch.events.length === 0) {
      return problem(c, refuse('events-rejected', 'see rejected for what is wrong with each'), { rejected });
    }
    const receipt: Receipt = {
      ...counts,
      rejected,
      ...(budgets.length === 0 ? {} : { budgets }),
      ...(mail === null ? {} : { mail }),
    };
    return c.json(receipt, 202);
  });
}

const patterns: Read<readonly string[] | null> = (given) => {
  const types = given?.split(',').map((type) => type.trim()) ?? null;
  const wrong = types?.find((type) => !isPattern(type));
  return wrong === undefined
    ? ok(types)
    : fail(`must be event types such as session.idle or session.*, got ${wrong.slice(0, 80)}`);
};

/** Null where neither is given. */
export function startOf({
  after,
  since,
}: {
  readonly after: number | null;
  readonly since: number | null;
}): Result<Start | null, Refusal> {
  if (since === null) return ok(after === null ? null : { position: after });
  return after === null
    ? ok({ time: since })
    : fail(refuse('query-malformed', 'since: stands in place of after, so give one of the two'));
}

/** Which events of the log, from where on: for a page of them and for the live stream alike. */
export const WHICH = {
  after: positionOrNone,
  since: time,
  type: patterns,
  session: filter(text),
  member: filter(text),
  project: filter(text),
};

const QUERY = { ...WHICH, limit: whole({ min: 1, max: 1_000, otherwise: 100 }), wait };

/** `next` is the cursor to ask for next; null once the page reaches the end of the log. */
export async function getEvents(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, QUERY);
  if (!query.ok) return problem(c, query.error);
  const { type: types, wait: waitMs, after, since, ...rest } = query.value;
  const start = startOf({ after, since });
  if (!start.ok) return problem(c, start.error);
  const asked = { ...rest, types, start: start.value ?? { position: 0 } };
  return answerPage(c, await teamOf(c).events(c.var.credential, asked, waitMs), {
    limit: asked.limit,
    matches: matcher(asked),
  });
}

// POST /v1/events takes what a plugin spooled; GET /v1/events reads the team's log.
import type { Context } from 'hono';

import type { Receipt } from '../../plugin/contract.ts';
import { isPattern } from '../delivery/filter.ts';
import { pack } from '../event/event.ts';
import { parseBatch } from '../event/parse.ts';
import { maxUsdOf } from '../env.ts';
import { fail, ok } from '../result.ts';
import { matcher } from '../store/log.ts';
import { readJson } from './body.ts';
import type { Api } from './context.ts';
import { problem, refuse } from './problem.ts';
import { readQuery, text, whole, type Read } from './query.ts';
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
  return answer(c, accepted, ({ budgets, ...counts }) => {
    if (batch.events.length === 0) {
      return problem(c, refuse('events-rejected', 'see rejected for what is wrong with each'), { rejected });
    }
    const receipt: Receipt = { ...counts, rejected, ...(budgets.length === 0 ? {} : { budgets }) };
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

const QUERY = {
  after: whole({ min: 0, max: Number.MAX_SAFE_INTEGER, otherwise: 0 }),
  limit: whole({ min: 1, max: 1_000, otherwise: 100 }),
  type: patterns,
  session: text,
  member: text,
  project: text,
};

/** `next` is the cursor to ask for next; null once the page reaches the end of the log. */
export async function getEvents(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, QUERY);
  if (!query.ok) return problem(c, query.error);
  const { type: types, ...rest } = query.value;
  const asked = { ...rest, types };
  return answerPage(c, await teamOf(c).events(c.var.credential, asked), {
    limit: asked.limit,
    matches: matcher(asked),
  });
}

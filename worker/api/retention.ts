// GET and PUT /v1/retention: how long a team keeps what, and how far its archive has come.
import type { Context } from 'hono';
import * as v from 'valibot';

import { GRACE_MS } from '../store/holds.ts';
import type { RetentionState } from '../store/retention-state.ts';
import { givenOf, readForm } from './body.ts';
import type { Api } from './context.ts';
import { problem, refuse } from './problem.ts';
import { answer, ask, iso } from './team.ts';

const MAX_DAYS = 3_650;

const days = (min: number) =>
  v.pipe(
    v.number('must be a number of days'),
    v.integer('must be whole days'),
    v.minValue(min, `must be at least ${min} days`),
    v.maxValue(MAX_DAYS, `must be at most ${MAX_DAYS} days`),
  );

/** Attempts are kept for as long as an event may be tried again at least. */
const form = v.strictObject({
  log_days: v.optional(v.nullable(days(1))),
  attempt_days: v.optional(days(7)),
  mail_days: v.optional(days(1)),
});

export async function getRetention(c: Context<Api>): Promise<Response> {
  return answer(c, await ask(c, 'retention'), (state) => c.json(show(c, state)));
}

export async function putRetention(c: Context<Api>): Promise<Response> {
  const given = await readForm(c, form);
  if (!given.ok) return problem(c, given.error);
  const { log_days: logDays, attempt_days: attemptDays, mail_days: mailDays } = given.value;
  if (typeof logDays === 'number' && c.env.ARCHIVE === undefined) {
    const detail =
      'the operator must bind an R2 bucket as ARCHIVE first, or log_days be null: nothing leaves a log unarchived';
    return problem(c, refuse('archive-missing', detail));
  }
  // What is left out stays as it is.
  const set = await ask(c, 'setRetention', givenOf({ logDays, attemptDays, mailDays }));
  return answer(c, set, (state) => c.json(show(c, state)));
}

function show(c: Context<Api>, { logDays, attemptDays, mailDays, log, archive, holds, failure }: RetentionState) {
  return {
    log_days: logDays,
    attempt_days: attemptDays,
    mail_days: mailDays,
    log,
    archive: { bound: c.env.ARCHIVE !== undefined, parts: archive.parts, bytes: archive.bytes, up_to: archive.upTo },
    waiting: holds.map(({ endpoint, since }) => ({ endpoint, since: iso(since), until: iso(since + GRACE_MS) })),
    failure: failure === null ? null : { at: iso(failure.at), reason: failure.reason },
  };
}

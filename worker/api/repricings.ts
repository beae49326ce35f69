// POST /v1/prices/reprice and below: applies the prices of today to what was charged before.
import type { Context } from 'hono';
import * as v from 'valibot';

import { randomBytes } from '../access/random.ts';
import { base32 } from '../access/token.ts';
import type { Outcome } from '../desk.ts';
import { instant } from '../event/schema.ts';
import { formatUsd } from '../ledger/money.ts';
import type { Period } from '../ledger/period.ts';
import type { EntryKey } from '../store/ledger.ts';
import { rangeOf, reportOf } from '../store/repricings.ts';
import { readForm } from './body.ts';
import type { Api } from './context.ts';
import { problem, refuse } from './problem.ts';
import { readQuery, whole } from './query.ts';
import { answer, ask, idOf, iso } from './team.ts';

const repriceForm = v.strictObject({
  from: v.pipe(instant, v.transform(Date.parse)),
  to: v.optional(v.pipe(instant, v.transform(Date.parse))),
  dry_run: v.optional(v.boolean('must be true or false'), false),
});

/** Begins one, which then runs on its own: 202 with where to see how it goes. A dry run answers with what would change. */
export async function postRepricing(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, repriceForm);
  if (!form.ok) return problem(c, form.error);
  const { from: start, to, dry_run: isDry } = form.value;
  const range = { start, end: to ?? Date.now() };
  if (range.end < range.start) return problem(c, refuse('body-malformed', 'to: must not lie before from'));
  if (isDry) return tryOut(c, range);
  const begun = await ask(c, 'startRepricing', `rep_${base32(randomBytes(10))}`, range);
  return answer(c, begun, (state) => {
    c.header('location', `/v1/prices/repricings/${state.id}`);
    return c.json({ repricing: show(state) }, 202);
  });
}

export async function getRepricings(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, { limit: whole({ min: 1, max: 1_000, otherwise: 100 }) });
  if (!query.ok) return problem(c, query.error);
  return answer(c, await ask(c, 'repricings', query.value.limit), (all) => c.json({ repricings: all.map(show) }));
}

export async function getRepricing(c: Context<Api>): Promise<Response> {
  return answer(c, await ask(c, 'repricing', idOf(c)), (state) => c.json({ repricing: show(state) }));
}

async function tryOut(c: Context<Api>, range: Period): Promise<Response> {
  const sum = { messages: 0, changed: 0, before: 0n, after: 0n };
  let from: EntryKey | null = null;
  do {
    const slice: Outcome<'tryRepricing'> = await ask(c, 'tryRepricing', range, from);
    if (!slice.ok) return problem(c, slice.error);
    sum.messages += slice.value.messages;
    sum.changed += slice.value.changed;
    sum.before += slice.value.before;
    sum.after += slice.value.after;
    from = slice.value.next;
  } while (from !== null);
  const { messages, changed } = sum;
  const figures = { messages, changed, before_usd: formatUsd(sum.before), after_usd: formatUsd(sum.after) };
  return c.json({ ...rangeOf(range), ...figures, dry_run: true });
}

type State = Extract<Outcome<'repricing'>, { ok: true }>['value'];

function show({ failure, ...repricing }: State) {
  const { begun, ended } = repricing;
  return {
    ...reportOf(repricing),
    state: ended === null ? 'running' : 'done',
    begun_at: iso(begun),
    ended_at: ended === null ? null : iso(ended),
    /** What held it up when it was last tried. */
    failure: failure === null ? null : { at: iso(failure.at), reason: failure.reason },
  };
}

// POST /v1/endpoints/:id/replay: moves the cursor back, or sends single events again beside it.
import type { Context } from 'hono';
import * as v from 'valibot';

import type { Outcome } from '../desk.ts';
import { seqOf } from '../event/event.ts';
import { instant } from '../event/schema.ts';
import { ok, type Result } from '../result.ts';
import type { ReplayFrom } from '../store/endpoints.ts';
import type { Range, Selection } from '../store/replay-range.ts';
import { readForm } from './body.ts';
import type { Api } from './context.ts';
import { vetHeld } from './endpoints.ts';
import { problem, refuse, type Refusal } from './problem.ts';
import { answer, ask, idOf, iso, teamOf } from './team.ts';

type Order =
  | { readonly kind: 'cursor'; readonly from: ReplayFrom; readonly isDry: boolean }
  | { readonly kind: 'one'; readonly event: string; readonly isDry: boolean }
  | Some;

interface Some {
  readonly kind: 'some';
  readonly selection: Exclude<Selection, 'all'>;
  readonly since: number | null;
  readonly until: number | null;
  readonly isDry: boolean;
}

const time = v.pipe(instant, v.transform(Date.parse));
const dry_run = v.optional(v.boolean('must be true or false'), false);
const only = v.literal(true, 'must be true');
const position = v.pipe(v.number('must be a position'), v.safeInteger('must be a whole number'), v.minValue(0));
const eventId = v.pipe(v.string('must be the id of an event'), v.maxLength(120, 'must be the id of an event'));

/** By the field that says what is meant. */
const FORMS: Readonly<Record<string, v.GenericSchema<unknown, Order>>> = {
  event: v.pipe(
    v.strictObject({ event: eventId, dry_run }),
    v.transform(({ event, dry_run: isDry }) => ({ kind: 'one' as const, event, isDry })),
  ),
  failed: v.pipe(
    v.strictObject({ failed: only, since: v.optional(time), until: v.optional(time), dry_run }),
    v.transform(({ since = null, until = null, dry_run: isDry }) => some('failed', since, until, isDry)),
  ),
  missing: v.pipe(
    v.strictObject({ missing: only, since: time, until: time, dry_run }),
    v.transform(({ since, until, dry_run: isDry }) => some('missing', since, until, isDry)),
  ),
  after: v.pipe(
    v.strictObject({ after: position, dry_run }),
    v.transform(({ after, dry_run: isDry }) => ({ kind: 'cursor' as const, from: { position: after }, isDry })),
  ),
  since: v.pipe(
    v.strictObject({ since: time, dry_run }),
    v.transform(({ since, dry_run: isDry }) => ({ kind: 'cursor' as const, from: { time: since }, isDry })),
  ),
};
const NAMES = Object.keys(FORMS);
const unclear = v.custom<never>(() => false, `must say what to send again by one of ${NAMES.join(', ')}`);

function some(selection: Some['selection'], since: number | null, until: number | null, isDry: boolean): Some {
  return { kind: 'some', selection, since, until, isDry };
}

const form = v.lazy((given: unknown): v.GenericSchema<unknown, Order> => {
  const name = NAMES.find(
    (candidate) => typeof given === 'object' && given !== null && Object.hasOwn(given, candidate),
  );
  return FORMS[name ?? ''] ?? unclear;
});

export async function replayEndpoint(c: Context<Api>): Promise<Response> {
  const order = await readForm(c, form);
  if (!order.ok) return problem(c, order.error);
  const held = await vetHeld(c);
  if (!held.ok) return problem(c, held.error);
  if (order.value.kind === 'cursor') return replayAll(c, order.value.from, order.value.isDry);
  if (order.value.kind === 'one') return replayOne(c, order.value.event, order.value.isDry);
  return replaySome(c, order.value);
}

/** Moves the cursor back; a dry run says how many positions that would be, and how many events of them are wanted. */
async function replayAll(c: Context<Api>, from: ReplayFrom, isDry: boolean): Promise<Response> {
  const replayed = await teamOf(c).replay(c.var.credential, idOf(c), from, isDry);
  if (!replayed.ok) return problem(c, replayed.error);
  const { after, to } = replayed.value;
  const moved = { after, head: to, positions: to - after, dry_run: isDry };
  if (!isDry) return c.json(moved, 202);
  const counted = await inSlices(c, 'all', { after, upTo: to }, true);
  return answer(c, counted, ({ found }) => c.json({ ...moved, events: found }, 202));
}

async function replayOne(c: Context<Api>, event: string, isDry: boolean): Promise<Response> {
  const { team } = c.var.credential;
  const seq = seqOf(team, event);
  if (seq === null)
    return problem(c, refuse('body-malformed', `event: must be an id such as ${team}-42, got ${event.slice(0, 80)}`));
  const put = await ask(c, 'replayOne', idOf(c), seq, isDry);
  return answer(c, put, () => c.json({ events: 1, remaining: 0, dry_run: isDry, notes: [] }, 202));
}

async function replaySome(c: Context<Api>, { selection, since, until, isDry }: Some): Promise<Response> {
  if (since !== null && until !== null && until < since)
    return problem(c, refuse('body-malformed', 'until: must not lie before since'));
  const range = await ask(c, 'replayRange', idOf(c), since, until);
  if (!range.ok) return problem(c, range.error);
  const counted = await inSlices(c, selection, range.value, isDry);
  return answer(c, counted, ({ found, put }) => {
    const figures = isDry ? { events: found } : { events: put, remaining: found - put };
    return c.json({ ...figures, dry_run: isDry, notes: notesOf(selection, range.value) }, 202);
  });
}

/** A long range is gone through a part at a time, so that events come and go in between. */
async function inSlices(
  c: Context<Api>,
  selection: Selection,
  { after, upTo }: Range,
  isDry: boolean,
): Promise<Result<{ readonly found: number; readonly put: number }, Refusal>> {
  const sum = { found: 0, put: 0 };
  for (let from = after; from < upTo;) {
    const slice: Outcome<'replaySlice'> = await ask(c, 'replaySlice', idOf(c), selection, { after: from, upTo }, isDry);
    if (!slice.ok) return slice;
    sum.found += slice.value.found;
    sum.put += slice.value.put;
    from = slice.value.upTo;
  }
  return ok(sum);
}

type Known = Extract<Outcome<'replayRange'>, { ok: true }>['value'];

/** What the answer cannot know. */
function notesOf(selection: Some['selection'], { archived, attemptsSince }: Known): string[] {
  const kept = attemptsSince === null ? null : iso(attemptsSince);
  const unknown = {
    missing: `no attempt from before ${kept} is kept: what was delivered until then counts as missing`,
    failed: `no attempt from before ${kept} is kept: what failed until then is not counted`,
  }[selection];
  return [
    ...(archived === null ? [] : [`events up to ${archived} are in the archive and are not delivered any more`]),
    ...(kept === null ? [] : [unknown]),
  ];
}

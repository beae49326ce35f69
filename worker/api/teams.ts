// The operator's routes: teams, and a token for a team that has lost its last one.
import type { Context } from 'hono';
import * as v from 'valibot';

import { TEAM_ID } from '../access/token.ts';
import { keyringOf } from '../env.ts';
import { name } from '../event/schema.ts';
import { isZone } from '../ledger/period.ts';
import type { NewTeam } from '../store/tokens.ts';
import { givenOf, readForm } from './body.ts';
import type { Api } from './context.ts';
import { problem, refuse } from './problem.ts';
import { readQuery, text, whole } from './query.ts';
import { answer, iso, teamNamed, teamOf } from './team.ts';
import { mint, showMinted, tokenForm } from './tokens.ts';

const zone = v.pipe(name, v.check(isZone, 'must be an IANA time zone such as Europe/Berlin'));
const flag = v.boolean('must be true or false');

const teamForm = v.strictObject({
  id: v.pipe(
    v.string('must be text'),
    v.regex(TEAM_ID, 'must be 1 to 40 lower-case letters, digits and inner hyphens'),
  ),
  name: v.optional(name),
  zone: v.optional(zone, 'UTC'),
});

const changedTeam = v.partial(
  v.strictObject({
    name,
    zone,
    stalled_after_min: wholeNumber(0, 1_440, 'of minutes'),
    digests: v.partial(
      v.strictObject({
        daily: flag,
        weekly: flag,
        hour: wholeNumber(0, 23, 'of the day'),
        weekday: wholeNumber(1, 7, 'from Monday to Sunday'),
      }),
    ),
  }),
);

function wholeNumber(min: number, max: number, of: string) {
  const wrong = `must be a whole number from ${min} to ${max}, ${of}`;
  return v.pipe(v.number(wrong), v.integer(wrong), v.minValue(min, wrong), v.maxValue(max, wrong));
}

/** 201 with the team's first admin token. */
export async function postTeam(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, teamForm);
  if (!form.ok) return problem(c, form.error);
  const { id, name = id, zone } = form.value;
  const team = { id, name, zone, created: Date.now() };
  // The directory first: a crash in between leaves a name without a team, which the next try of the same request fills.
  await directoryOf(c).enter({ id, name, created: team.created });
  const minted = await mint(c, id, 'admin');
  const created = await teamNamed(c, id).create(team, minted.credential);
  if (!created) return problem(c, refuse('conflict', `there is a team ${id} already`));
  return c.json({ team: showTeam(team), token: minted.text }, 201);
}

export async function getTeams(c: Context<Api>): Promise<Response> {
  const teams = await directoryOf(c).list();
  return c.json({ teams: teams.map(({ id, name, created }) => ({ id, name, created_at: iso(created) })) });
}

export async function postTeamToken(c: Context<Api>): Promise<Response> {
  const id = c.req.param('team') ?? '';
  const form = await readForm(c, tokenForm);
  if (!form.ok) return problem(c, form.error);
  if (!(await directoryOf(c).has(id))) return problem(c, refuse('not-found', `there is no team ${id.slice(0, 80)}`));
  const minted = await mint(c, id, form.value.scope);
  const added = await teamNamed(c, id).addTokenAsOperator(minted.credential, form.value.name);
  // Its making ended halfway, see `postTeam`.
  if (!added) return problem(c, refuse('not-found', `team ${id} was never made whole: POST /v1/teams makes it`));
  return c.json(showMinted(minted, form.value.name), 201);
}

/**
 * What of each team's still hangs on a previous secret of the operator's. To ask wakes its object, which then goes on to seal
 * its endpoints anew: ask until all is zero.
 */
export async function postReseal(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, { after: text, limit: whole({ min: 1, max: 200, otherwise: 100 }) });
  if (!query.ok) return problem(c, query.error);
  const { after, limit } = query.value;
  const all = await directoryOf(c).list();
  const rest = all.filter(({ id }) => after === null || id > after);
  const page = rest.slice(0, limit);
  const teams = await Promise.all(page.map(async ({ id }) => ({ id, ...(await teamNamed(c, id).reseal()) })));
  return c.json({ teams, next: rest.length > limit ? (page.at(-1)?.id ?? null) : null });
}

/** Ready once storage answers; a relay that only runs is healthy, not ready. */
export async function getReady(c: Context<Api>): Promise<Response> {
  const ready = await directoryOf(c).ready();
  return ready ? c.json({ status: 'ready' }) : problem(c, refuse('unavailable', 'storage does not answer', 5));
}

/** The team of the token that asks. */
export async function getTeam(c: Context<Api>): Promise<Response> {
  return answer(c, await teamOf(c).describe(c.var.credential), (team) =>
    c.json({
      ...showTeam(team),
      digests: team.digests,
      stalled_after_min: team.stalledAfterMin,
      head: team.head,
      previous_secret: keyringOf(c.env).length === 1 ? null : team.stale,
      tasks: team.tasks.map(({ name, due, reason }) => ({ name, due_at: iso(due), reason })),
    }),
  );
}

export async function patchTeam(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, changedTeam);
  if (!form.ok) return problem(c, form.error);
  const { digests, stalled_after_min: stalledAfterMin, ...given } = form.value;
  const team = teamOf(c);
  const described = await team.describe(c.var.credential);
  if (!described.ok) return problem(c, described.error);
  const change = {
    ...givenOf({ ...given, stalledAfterMin }),
    digests: { ...described.value.digests, ...givenOf(digests ?? {}) },
  };
  const changed = await team.changeTeam(c.var.credential, change);
  if (!changed.ok) return problem(c, changed.error);
  if (given.name !== undefined) await directoryOf(c).rename(described.value.id, given.name);
  return getTeam(c);
}

function showTeam({ id, name, zone, created }: NewTeam) {
  return { id, name, zone, created_at: iso(created) };
}

function directoryOf(c: Context<Api>) {
  return c.env.DIRECTORY.get(c.env.DIRECTORY.idFromName('teams'));
}

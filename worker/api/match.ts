// Tries what an endpoint wants, or is to want, on the newest events of the log. Nothing is sent and nothing changes.
import type { Context } from 'hono';

import { destinations } from '../destination/destinations.ts';
import { givenOf, readForm } from './body.ts';
import type { Api } from './context.ts';
import { matchForm, rematchForm } from './endpoint-form.ts';
import { problem } from './problem.ts';
import { answer, ask, idOf } from './team.ts';

export async function matchFilter(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, matchForm);
  if (!form.ok) return problem(c, form.error);
  const { kind, events = destinations[kind].events, where = null, last } = form.value;
  return answer(c, await ask(c, 'match', { kind, events, where }, last), (match) => c.json(match));
}

export async function matchEndpoint(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, rematchForm);
  if (!form.ok) return problem(c, form.error);
  const { last, ...change } = form.value;
  return answer(c, await ask(c, 'rematch', idOf(c), givenOf(change), last), (match) => c.json(match));
}

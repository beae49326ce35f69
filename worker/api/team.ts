// Reaches the object of the team that a request's token belongs to.
import type { Context } from 'hono';

import type { Given, Outcome, UseCase } from '../desk.ts';
import type { Api } from './context.ts';
import { problem, type Refusal } from './problem.ts';
import type { Result } from '../result.ts';

export function teamOf(c: Context<Api>) {
  return teamNamed(c, c.var.credential.team);
}

export function teamNamed(c: Context<Api>, id: string) {
  return c.env.TEAM.get(c.env.TEAM.idFromName(id));
}

/** Asks the team for one of its use cases, in the name of the request's token. */
export function ask<N extends UseCase>(c: Context<Api>, name: N, ...given: Given<N>): Promise<Outcome<N>> {
  return teamOf(c).ask(c.var.credential, name, given);
}

/** Answers with what the team said: its refusal as a problem, its value as `show` puts it. */
export function answer<T>(c: Context<Api>, result: Result<T, Refusal>, show: (value: T) => Response): Response {
  return result.ok ? show(result.value) : problem(c, result.error);
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Where this request came to: one of the relay's own names. */
export function servedAt(c: Context<Api>): string {
  return new URL(c.req.url).host;
}

export function idOf(c: Context<Api>): string {
  return c.req.param('id') ?? '';
}

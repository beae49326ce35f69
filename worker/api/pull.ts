// Endpoints of kind pull, which the relay does not call: a program reads what is next and says how far it has come.
import type { Context } from 'hono';

import { randomBytes } from '../access/random.ts';
import { base32 } from '../access/token.ts';
import { fail, ok, type Result } from '../result.ts';
import type { Endpoint, EndpointDraft, PushEndpoint } from '../store/endpoints.ts';
import { readForm } from './body.ts';
import type { Api } from './context.ts';
import { ackForm, type NewPull } from './endpoint-form.ts';
import { showEndpoint } from './endpoint-view.ts';
import { problem, refuse, type Refusal } from './problem.ts';
import { positionOrNone, readQuery, wait, whole } from './query.ts';
import { answer, ask, idOf, teamOf } from './team.ts';

/** Always in order; with nothing to sign and nobody to send it to. */
const FIXED = {
  url: null,
  origin: null,
  ordered: true,
  settings: {},
  signing: 'v1',
  secret: '',
  publicKey: null,
} as const;

export async function addPull(c: Context<Api>, { after, name, events, ...given }: NewPull): Promise<Response> {
  const chosen = { name: name ?? 'pull', events: events ?? ['*'] };
  const draft: EndpointDraft = { ...FIXED, ...given, ...chosen, id: `ep_${base32(randomBytes(10))}` };
  const added = await teamOf(c).addEndpoint(c.var.credential, draft, after ?? null);
  return added.ok ? c.json({ endpoint: await showEndpoint(c, added.value) }, 201) : problem(c, added.error);
}

/** An endpoint that the relay calls, for what makes no sense with one that it does not. */
export function calledOf(endpoint: Endpoint): Result<PushEndpoint, Refusal> {
  if (endpoint.kind !== 'pull') return ok(endpoint);
  return fail(refuse('endpoint-kind', 'nothing is sent to an endpoint of kind pull: it has no url and no key'));
}

const QUERY = { after: positionOrNone, limit: whole({ min: 1, max: 1_000, otherwise: 100 }), wait };

/** `upto` is what to acknowledge once the events are dealt with; `next` is null where there are no more yet. */
export async function getPull(c: Context<Api>): Promise<Response> {
  const query = readQuery(c, QUERY);
  if (!query.ok) return problem(c, query.error);
  const { wait: waitMs, ...asked } = query.value;
  const pulled = await teamOf(c).pull(c.var.credential, idOf(c), asked, waitMs);
  return answer(c, pulled, ({ events, upTo, head }) =>
    c.json({ events, next: upTo < head ? upTo : null, upto: upTo, head }),
  );
}

export async function postAck(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, ackForm);
  if (!form.ok) return problem(c, form.error);
  return answer(c, await ask(c, 'acknowledge', idOf(c), form.value.upto), (moved) => c.json(moved));
}

// The endpoints of a team: make, show, change, replay. A secret is shown by the answer that makes it and never again.
import type { Context } from 'hono';

import { seal } from '../access/cipher.ts';
import { randomBytes } from '../access/random.ts';
import { base32 } from '../access/token.ts';
import { changeSettings, type SettingsChange } from '../delivery/settings.ts';
import { newKey, type Signing } from '../delivery/signing-key.ts';
import { vetFor } from '../destination/address.ts';
import { destinations, type DestinationKind } from '../destination/destinations.ts';
import type { EndpointState } from '../store/endpoints.ts';
import { givenOf, readForm } from './body.ts';
import type { Api } from './context.ts';
import { changedEndpoint, newEndpoint, rotateForm } from './endpoint-form.ts';
import { showEndpoint } from './endpoint-view.ts';
import { problem, refuse, type Refusal } from './problem.ts';
import { answer, idOf, policyOf, teamOf } from './team.ts';

export async function postEndpoint(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, newEndpoint);
  if (!form.ok) return problem(c, form.error);
  const { after, delivery, ...given } = form.value;
  const destination = destinations[given.kind];
  const address = vetFor(destination, given.url, policyOf(c));
  if (!address.ok) return problem(c, refuse('body-malformed', address.error));
  const id = `ep_${base32(randomBytes(10))}`;
  const unfit = unfitFor(given.kind, delivery);
  if (unfit !== null) return problem(c, unfit);
  if (!destination.signs && given.signing !== undefined)
    return problem(c, refuse('body-malformed', `signing: nothing is signed for ${given.kind}`));
  const { secret, sealed } = await makeKey(c, id, given.signing ?? 'v1');
  const chosen = { name: given.name ?? address.value.host, events: given.events ?? destination.events };
  const settings = changeSettings({}, delivery);
  const draft = { ...given, ...sealed, ...chosen, settings, id };
  const added = await teamOf(c).addEndpoint(c.var.credential, draft, after ?? null);
  // A kind that signs nothing has no secret to be told: its URL is one.
  const told = destination.signs ? { secret } : {};
  return answer(c, added, (endpoint) => c.json({ endpoint: showEndpoint(c, endpoint), ...told }, 201));
}

export async function getEndpoints(c: Context<Api>): Promise<Response> {
  return answer(c, await teamOf(c).endpoints(c.var.credential), (all) =>
    c.json({ endpoints: all.map((endpoint) => showEndpoint(c, endpoint)) }),
  );
}

export async function getEndpoint(c: Context<Api>): Promise<Response> {
  return showAnswer(c, await teamOf(c).endpoint(c.var.credential, idOf(c)));
}

export async function patchEndpoint(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, changedEndpoint);
  if (!form.ok) return problem(c, form.error);
  const { delivery: settings, ...change } = form.value;
  if (change.url !== undefined || settings !== undefined) {
    const found = await teamOf(c).endpoint(c.var.credential, idOf(c));
    if (!found.ok) return problem(c, found.error);
    const { kind } = found.value;
    const address = change.url === undefined ? null : vetFor(destinations[kind], change.url, policyOf(c));
    if (address?.ok === false) return problem(c, refuse('body-malformed', address.error));
    const unfit = unfitFor(kind, settings ?? {});
    if (unfit !== null) return problem(c, unfit);
  }
  return showAnswer(c, await teamOf(c).changeEndpoint(c.var.credential, idOf(c), givenOf({ ...change, settings })));
}

export async function deleteEndpoint(c: Context<Api>): Promise<Response> {
  return answer(c, await teamOf(c).removeEndpoint(c.var.credential, idOf(c)), () => c.body(null, 204));
}

/** Sets the state: enabling goes on from where the cursor stands. */
export function setState(state: 'enabled' | 'disabled') {
  return async function changeState(c: Context<Api>): Promise<Response> {
    return showAnswer(c, await teamOf(c).changeEndpoint(c.var.credential, idOf(c), { state }));
  };
}

/** Gives it a new key, which this answer alone shows. Until the overlap ends every message is signed with both. */
export async function rotateEndpoint(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, rotateForm);
  if (!form.ok) return problem(c, form.error);
  const found = await teamOf(c).endpoint(c.var.credential, idOf(c));
  if (!found.ok) return problem(c, found.error);
  if (!destinations[found.value.kind].signs)
    return problem(c, refuse('body-malformed', `nothing is signed for ${found.value.kind}: its URL is its secret`));
  const { secret, sealed } = await makeKey(c, found.value.id, form.value.signing ?? found.value.signing);
  const overlapMs = form.value.overlap_hours * 3_600_000;
  const rotated = await teamOf(c).rotate(c.var.credential, found.value.id, { ...sealed, overlapMs });
  return answer(c, rotated, (endpoint) => c.json({ endpoint: showEndpoint(c, endpoint), secret }));
}

/** Nobody is shown the private key of a pair: there is no secret to keep but ours. */
async function makeKey(c: Context<Api>, id: string, signing: Signing) {
  const { secret, publicKey } = await newKey(signing, randomBytes);
  const sealed = { signing, publicKey, secret: await seal(secret, id, c.env.OPERATOR_SECRET) };
  return { secret: publicKey === null ? secret : null, sealed };
}

/** What of its settings a kind has no use for. */
function unfitFor(kind: DestinationKind, { batch }: SettingsChange): Refusal | null {
  if (typeof batch !== 'number' || destinations[kind].renderBatch !== undefined) return null;
  return refuse('body-malformed', `delivery.batch: ${kind} takes one event at a time, leave it out`);
}

function showAnswer(c: Context<Api>, endpoint: Parameters<typeof answer<EndpointState>>[1]): Response {
  return answer(c, endpoint, (value) => c.json({ endpoint: showEndpoint(c, value) }));
}

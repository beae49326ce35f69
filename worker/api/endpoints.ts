// The endpoints of a team: make, show, change, replay. A secret is shown by the answer that makes it and never again.
import type { Context } from 'hono';

import { seal } from '../access/cipher.ts';
import { randomBytes } from '../access/random.ts';
import { base32 } from '../access/token.ts';
import { NO_MAIL } from '../delivery/mail.ts';
import { changeSettings, type SettingsChange } from '../delivery/settings.ts';
import { newKey, type Signing } from '../delivery/signing-key.ts';
import { hostOf, vetFor } from '../destination/address.ts';
import { destinations, type DestinationKind } from '../destination/destinations.ts';
import { keyringOf, policyOf } from '../env.ts';
import { fail, ok, type Result } from '../result.ts';
import type { EndpointState } from '../store/endpoints.ts';
import { openUrl, sealUrl, wireTo } from '../target.ts';
import { givenOf, readForm } from './body.ts';
import type { Api } from './context.ts';
import { changedEndpoint, newEndpoint, rotateForm } from './endpoint-form.ts';
import { showEndpoint } from './endpoint-view.ts';
import { problem, refuse, type Refusal } from './problem.ts';
import { addPull, calledOf } from './pull.ts';
import { answer, idOf, servedAt, teamOf } from './team.ts';

export async function postEndpoint(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, newEndpoint);
  if (!form.ok) return problem(c, form.error);
  if (form.value.kind === 'pull') return addPull(c, form.value);
  const { after, delivery, ...given } = form.value;
  const destination = destinations[given.kind];
  const address = await vet(c, given.kind, given.url);
  if (!address.ok) return problem(c, address.error);
  const id = `ep_${base32(randomBytes(10))}`;
  const unfit = unfitFor(given.kind, delivery);
  if (unfit !== null) return problem(c, unfit);
  if (!destination.signs && given.signing !== undefined)
    return problem(c, refuse('body-malformed', `signing: nothing is signed for ${given.kind}`));
  const { secret, sealed } = await makeKey(c, id, given.signing ?? 'v1');
  const chosen = {
    name: given.name ?? hostOf(address.value),
    events: given.events ?? destination.events,
    ordered: given.ordered ?? destination.ordered ?? false,
  };
  const settings = changeSettings({}, delivery);
  const at = await sealUrl(id, given.url, keyringOf(c.env));
  const draft = { ...given, ...at, ...sealed, ...chosen, settings, id };
  const added = await teamOf(c).addEndpoint(c.var.credential, draft, after ?? null);
  // A kind that signs nothing has no secret to be told: its URL is one.
  const told = destination.signs ? { secret } : {};
  if (!added.ok) return problem(c, added.error);
  return c.json({ endpoint: await showEndpoint(c, added.value), ...told }, 201);
}

export async function getEndpoints(c: Context<Api>): Promise<Response> {
  const all = await teamOf(c).endpoints(c.var.credential);
  if (!all.ok) return problem(c, all.error);
  return c.json({ endpoints: await Promise.all(all.value.map((endpoint) => showEndpoint(c, endpoint))) });
}

export async function getEndpoint(c: Context<Api>): Promise<Response> {
  return showAnswer(c, await teamOf(c).endpoint(c.var.credential, idOf(c)));
}

export async function patchEndpoint(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, changedEndpoint);
  if (!form.ok) return problem(c, form.error);
  const { delivery: settings, url, ...change } = form.value;
  const moved = await refit(c, { url, settings, ordered: change.ordered });
  if (!moved.ok) return problem(c, moved.error);
  const changes = givenOf({ ...change, ...moved.value, settings });
  return showAnswer(c, await teamOf(c).changeEndpoint(c.var.credential, idOf(c), changes));
}

/** What only an endpoint that is called has. */
interface Refit {
  readonly url: string | undefined;
  readonly settings: SettingsChange | undefined;
  readonly ordered: boolean | undefined;
}

/** Where it shall be from now on, sealed; nothing where it is there already, which is no new start for it. */
async function refit(
  c: Context<Api>,
  { url, settings, ordered }: Refit,
): Promise<Result<{ url?: string; origin?: string }, Refusal>> {
  const found = await teamOf(c).endpoint(c.var.credential, idOf(c));
  if (!found.ok) return found;
  if (url === undefined && settings === undefined && ordered === undefined) return ok({});
  const called = calledOf(found.value);
  if (!called.ok) return called;
  const { id, kind } = called.value;
  const unfit = unfitFor(kind, settings ?? {});
  if (unfit !== null) return fail(unfit);
  if (url === undefined) return ok({});
  const address = await vet(c, kind, url);
  if (!address.ok) return address;
  const keyring = keyringOf(c.env);
  const before = await openUrl(called.value, keyring).catch(() => null);
  return ok(before === url ? {} : await sealUrl(id, url, keyring));
}

/** What is wrong with a URL for an endpoint, also by where its name leads at the moment. */
async function vet(c: Context<Api>, kind: DestinationKind, url: string): Promise<Result<URL, Refusal>> {
  const destination = destinations[kind];
  const address = vetFor(destination, url, policyOf(c.env, servedAt(c)));
  if (!address.ok) return fail(refuse('body-malformed', address.error));
  const wire = wireTo(c.env, destination);
  if (wire === null) return fail(refuse('mail-missing', NO_MAIL));
  const finding = await wire.names?.find(address.value.hostname);
  // A name that cannot be looked up now is looked up again before each attempt.
  return finding?.kind === 'refused' ? fail(refuse('body-malformed', finding.detail)) : address;
}

/** Holds an endpoint of before against what is allowed now: better said here than found out by its deliveries. */
export async function vetHeld(c: Context<Api>): Promise<Result<null, Refusal>> {
  const found = await teamOf(c).endpoint(c.var.credential, idOf(c));
  if (!found.ok) return found;
  if (found.value.kind === 'pull') return ok(null);
  const url = await openUrl(found.value, keyringOf(c.env));
  const address = await vet(c, found.value.kind, url);
  return address.ok ? ok(null) : address;
}

export async function deleteEndpoint(c: Context<Api>): Promise<Response> {
  return answer(c, await teamOf(c).removeEndpoint(c.var.credential, idOf(c)), () => c.body(null, 204));
}

/** Sets the state: enabling goes on from where the cursor stands. */
export function setState(state: 'enabled' | 'disabled') {
  return async function changeState(c: Context<Api>): Promise<Response> {
    const held = state === 'enabled' ? await vetHeld(c) : ok(null);
    if (!held.ok) return problem(c, held.error);
    return showAnswer(c, await teamOf(c).changeEndpoint(c.var.credential, idOf(c), { state }));
  };
}

/** Gives it a new key, which this answer alone shows. Until the overlap ends every message is signed with both. */
export async function rotateEndpoint(c: Context<Api>): Promise<Response> {
  const form = await readForm(c, rotateForm);
  if (!form.ok) return problem(c, form.error);
  const found = await teamOf(c).endpoint(c.var.credential, idOf(c));
  if (!found.ok) return problem(c, found.error);
  const called = calledOf(found.value);
  if (!called.ok) return problem(c, called.error);
  const { id, kind, signing } = called.value;
  if (!destinations[kind].signs)
    return problem(c, refuse('body-malformed', `nothing is signed for ${kind}: its URL is its secret`));
  const { secret, sealed } = await makeKey(c, id, form.value.signing ?? signing);
  const overlapMs = form.value.overlap_hours * 3_600_000;
  const rotated = await teamOf(c).rotate(c.var.credential, id, { ...sealed, overlapMs });
  if (!rotated.ok) return problem(c, rotated.error);
  return c.json({ endpoint: await showEndpoint(c, rotated.value), secret });
}

/** Nobody is shown the private key of a pair: there is no secret to keep but ours. */
async function makeKey(c: Context<Api>, id: string, signing: Signing) {
  const { secret, publicKey } = await newKey(signing, randomBytes);
  const sealed = { signing, publicKey, secret: await seal(secret, id, keyringOf(c.env)) };
  return { secret: publicKey === null ? secret : null, sealed };
}

/** What of its settings a kind has no use for. */
function unfitFor(kind: DestinationKind, { batch, format }: SettingsChange): Refusal | null {
  if (typeof format === 'string' && kind !== 'webhook')
    return refuse('body-malformed', `delivery.format: ${kind} has a form of its own, leave it out`);
  if (typeof batch !== 'number' || destinations[kind].renderBatch !== undefined) return null;
  return refuse('body-malformed', `delivery.batch: ${kind} takes one event at a time, leave it out`);
}

async function showAnswer(c: Context<Api>, endpoint: Result<EndpointState, Refusal>): Promise<Response> {
  return endpoint.ok ? c.json({ endpoint: await showEndpoint(c, endpoint.value) }) : problem(c, endpoint.error);
}

// Opens what an endpoint holds sealed, for whoever calls it: the Courier, and the API where an admin asks. The team's object keeps
// it shut.
import { isSealed, open, seal } from './access/cipher.ts';
import type { Keyring } from './access/keyring.ts';
import { carrierOf } from './delivery/mail.ts';
import { findName } from './delivery/names.ts';
import type { Target, Wire } from './delivery/send.ts';
import type { Manner } from './delivery/settings.ts';
import { placeOf } from './destination/address.ts';
import type { Destination } from './destination/destination.ts';
import { destinations, type DestinationKind } from './destination/destinations.ts';
import { keyringOf, policyOf, type Env } from './env.ts';

export interface SealedTarget {
  readonly id: string;
  readonly kind: DestinationKind;
  readonly url: string;
  readonly secrets: readonly string[];
  readonly manner: Manner;
}

/** `served` is where the request that wants it came to, if one did. */
export async function openTarget(
  env: Env,
  { id, kind, url, secrets, manner }: SealedTarget,
  ...served: string[]
): Promise<Target> {
  const keyring = keyringOf(env);
  return {
    endpoint: id,
    url: await openUrl({ id, url }, keyring),
    keys: await Promise.all(secrets.map((secret) => open(secret, id, keyring))),
    destination: destinations[kind],
    policy: policyOf(env, ...served),
    ...manner,
  };
}

/** A row of before URLs were sealed holds it as it is, until the chore `seal` has been there. */
export async function openUrl(
  { id, url }: { readonly id: string; readonly url: string },
  keyring: Keyring,
): Promise<string> {
  return isSealed(url) ? open(url, ownerOfUrl(id), keyring) : url;
}

export async function sealUrl(id: string, url: string, keyring: Keyring): Promise<{ url: string; origin: string }> {
  return { url: await seal(url, ownerOfUrl(id), keyring), origin: placeOf(url) };
}

/** A url is not a secret of the endpoint: one put in the place of the other does not open. */
function ownerOfUrl(id: string): string {
  return `${id}/url`;
}

/** How this relay reaches others. */
export function wireOf(env: Env): Wire {
  const { DOH_URL, DOH_FAIL } = env;
  // Whoever may be anywhere need not be looked up.
  if (DOH_URL === undefined || DOH_URL === '' || policyOf(env).allowPrivate)
    return { fetch, now: Date.now, names: null };
  const names = {
    find: (hostname: string) => findName(hostname, { url: DOH_URL, fetch: insideOf(env), now: Date.now }),
    failsOpen: DOH_FAIL !== 'closed',
  };
  return { fetch, now: Date.now, names };
}

/** How this relay reaches the endpoints of a kind; null where that is by mail and the operator has set up none. */
export function wireTo(env: Env, destination: Destination): Wire | null {
  const carry = carrierOf(destination, env, destination.carrier === 'mail' ? insideOf(env) : fetch);
  if (carry === null) return null;
  const wire = wireOf(env);
  return { ...wire, fetch: carry, names: destination.carrier === 'mail' ? null : wire.names };
}

/** Reaches the operator's own servers, which may be where no endpoint may. */
function insideOf({ INSIDE }: Env): typeof fetch {
  return INSIDE === undefined ? fetch : (url, init) => INSIDE.fetch(url, init);
}

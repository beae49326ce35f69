// What the platform gives the Worker.
import { keyringOf as listKeys, type Keyring } from './access/keyring.ts';
import type { AddressPolicy } from './delivery/guard.ts';
import type { MailSettings } from './delivery/mail.ts';
import type { Directory } from './directory.ts';
import type * as main from './index.ts';
import { MAX_USD, USUAL_MAX_USD } from './ledger/money.ts';
import type { Team } from './team.ts';

export interface Env extends MailSettings {
  readonly TEAM: DurableObjectNamespace<Team>;
  readonly DIRECTORY: DurableObjectNamespace<Directory>;
  readonly RATE_LIMIT: RateLimit;
  /** Signs tokens and seals the endpoints' URLs and secrets. */
  readonly OPERATOR_SECRET: string;
  /** Those before it, separated by commas, the newest first, while what they made goes over to it. */
  readonly OPERATOR_SECRET_PREVIOUS?: string;
  /** The bearer credential that makes teams. */
  readonly ROOT_TOKEN: string;
  /** Where old log rows go; a relay without it keeps its log for ever. */
  readonly ARCHIVE?: R2Bucket;
  /** What a message may cost in dollars (default 1000, at most 5000): more is refused as a mistake. */
  readonly MAX_MESSAGE_USD?: string;
  /** "true" lets endpoints be http and private: for a relay that its operator alone uses. */
  readonly ALLOW_PRIVATE_ENDPOINTS?: string;
  /** Where this relay is served, separated by commas: no endpoint may be there. */
  readonly PUBLIC_HOSTS?: string;
  /** The resolver that endpoints' names are looked up with before they are called; without it they are not. */
  readonly DOH_URL?: string;
  /** What becomes of a name that could not be looked up: "open" (the default) calls it, "closed" does not. */
  readonly DOH_FAIL?: string;
  /** The way to the operator's own servers, the resolver and a mail API, where it is another than to everybody else's. */
  readonly INSIDE?: Fetcher;
}

declare global {
  namespace Cloudflare {
    /** Types `ctx.exports`, by which the parts of the Worker reach each other. */
    interface GlobalProps {
      mainModule: typeof main;
    }
  }
}

export function keyringOf({ OPERATOR_SECRET, OPERATOR_SECRET_PREVIOUS }: Env): Keyring {
  return listKeys(OPERATOR_SECRET, OPERATOR_SECRET_PREVIOUS);
}

/** `served` is where a request has just come to. */
export function policyOf({ ALLOW_PRIVATE_ENDPOINTS, PUBLIC_HOSTS }: Env, ...served: string[]): AddressPolicy {
  const hosts = (PUBLIC_HOSTS ?? '').split(',').map((host) => host.trim().toLowerCase());
  return { allowPrivate: ALLOW_PRIVATE_ENDPOINTS === 'true', own: [...hosts.filter((host) => host !== ''), ...served] };
}

/** What the operator set, within what sums are exact for. */
export function maxUsdOf({ MAX_MESSAGE_USD }: Env): number {
  const set = Number(MAX_MESSAGE_USD);
  return set > 0 ? Math.min(set, MAX_USD) : USUAL_MAX_USD;
}

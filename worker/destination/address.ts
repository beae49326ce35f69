// Whether an endpoint of a kind may have a URL: what holds for all, and what the kind asks for beyond it.
import { vetAddress, type AddressPolicy } from '../delivery/guard.ts';
import { fail, type Result } from '../result.ts';
import type { Destination } from './destination.ts';
import { domainsOf, vetMailbox } from './mailbox.ts';

type Addressed = Pick<Destination, 'carrier' | 'hosts' | 'faultOf'>;

export function vetFor(destination: Addressed, text: string, policy: AddressPolicy): Result<URL, string> {
  if (destination.carrier === 'mail') return vetMailbox(text);
  const { hosts, faultOf } = destination;
  const address = vetAddress(text, policy);
  if (!address.ok) return address;
  const { hostname } = address.value;
  // The operator's own receivers stand in for anybody's.
  if (hosts !== null && !policy.allowPrivate && !hosts.some((host) => isAt(hostname, host))) {
    return fail(`url must be at ${hosts.map((host) => host.replace(/^\./, '*.')).join(' or ')}, got ${hostname}`);
  }
  const fault = faultOf(address.value);
  return fault === null ? address : fail(fault);
}

function isAt(hostname: string, host: string): boolean {
  return host.startsWith('.') ? hostname.endsWith(host) : hostname === host;
}

/** Where a URL leads, as far as anybody may know: the rest of it is often a secret. */
export function placeOf(url: string): string {
  if (!URL.canParse(url)) return '';
  const { protocol, origin } = new URL(url);
  return protocol === 'mailto:' ? `mailto:*@${domainsOf(url).join(',*@')}` : origin;
}

/** What an endpoint is called that has no name. */
export function hostOf(url: URL): string {
  return url.protocol === 'mailto:' ? (domainsOf(url.href)[0] ?? '') : url.host;
}

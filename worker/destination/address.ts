// Whether an endpoint of a kind may have a URL: what holds for all, and what the kind asks for beyond it.
import { vetAddress, type AddressPolicy } from '../delivery/guard.ts';
import { fail, type Result } from '../result.ts';
import type { Destination } from './destination.ts';

type Addressed = Pick<Destination, 'hosts' | 'faultOf'>;

export function vetFor({ hosts, faultOf }: Addressed, text: string, policy: AddressPolicy): Result<URL, string> {
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

// The address guard: an endpoint's URL names a public server and nothing else, or our own network would be anybody's to call
// (server-side request forgery). It is asked when an endpoint is made or changed and again before every attempt.
// What a name resolves to is left to the platform, whose egress reaches public addresses alone; locally there is no such net.
import ipaddr from 'ipaddr.js';

import { fail, ok, type Result } from '../result.ts';

export interface AddressPolicy {
  /** The operator's explicit setting, for receivers on the operator's own machine or network: http and any address. */
  readonly allowPrivate: boolean;
}

/** Names that never leave the machine or the local network (RFC 6761, RFC 6762, RFC 8375 and common use). */
const LOCAL_NAMES = [
  'localhost',
  'local',
  'internal',
  'intranet',
  'lan',
  'home',
  'home.arpa',
  'corp',
  'private',
  'test',
  'invalid',
];
const PORTS = ['', '443', '8443'];

export function vetAddress(text: string, policy: AddressPolicy): Result<URL, string> {
  if (!URL.canParse(text)) return fail(`url must be an absolute https URL, got ${text.slice(0, 80)}`);
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return fail(`url must be https, got ${url.protocol}`);
  if (url.username !== '' || url.password !== '') return fail('url must not carry a user name or password');
  if (policy.allowPrivate) return ok(url);
  if (url.protocol === 'http:') return fail(`url must be https, got ${url.origin}`);
  if (!PORTS.includes(url.port)) return fail(`url must use port 443 or 8443, got ${url.port}`);
  return isPublicHost(url.hostname) ? ok(url) : fail(`url must name a public server, got ${url.hostname}`);
}

function isPublicHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  // The URL parser has already turned decimal, hexadecimal, octal and short IPv4 spellings into dotted ones.
  if (ipaddr.isValid(host)) {
    const address = ipaddr.process(host);
    // Of IPv6 only 2000::/3 has been given out as global unicast; the rest is reserved (RFC 4291, 2.4).
    const isGiven = address instanceof ipaddr.IPv4 || address.match(ipaddr.IPv6.parse('2000::'), 3);
    return isGiven && address.range() === 'unicast';
  }
  if (host.endsWith('.') || !host.includes('.')) return false;
  return !LOCAL_NAMES.some((name) => host === name || host.endsWith(`.${name}`));
}

// The address guard: an endpoint's URL names a public server and nothing else, or our own network would be anybody's to call
// (server-side request forgery); nor does it name this relay, which would then talk to itself. It is asked when an endpoint is
// made, changed, enabled, replayed or tested, and again before every attempt. What a name leads to is asked in names.ts.
import ipaddr from 'ipaddr.js';

import { fail, ok, type Result } from '../result.ts';

export interface AddressPolicy {
  /** The operator's explicit setting, for receivers on the operator's own machine or network: http and any address. */
  readonly allowPrivate: boolean;
  /** Where this relay itself is served, as `name` or `name:port`. */
  readonly own?: readonly string[];
}

/** Names that never leave the machine or the local network (RFC 6761, 6762, 7686, 8375, 9476 and common use). */
const LOCAL_NAMES = [
  'localhost',
  'localdomain',
  'local',
  'internal',
  'intranet',
  'lan',
  'home',
  'home.arpa',
  'corp',
  'private',
  'svc',
  'consul',
  'onion',
  'alt',
  'test',
  'invalid',
];
const PORTS = ['', '443', '8443'];
/** Of IPv6 only this has been given out as global unicast (RFC 4291, 2.4) … */
const GIVEN = ipaddr.IPv6.parseCIDR('2000::/3');
/** … and of that not this, which is for protocols (RFC 2928): Teredo, ORCHID, benchmarks. */
const PROTOCOLS = ipaddr.IPv6.parseCIDR('2001::/23');

export function vetAddress(text: string, policy: AddressPolicy): Result<URL, string> {
  if (!URL.canParse(text)) return fail(`url must be an absolute https URL, got ${text.slice(0, 80)}`);
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return fail(`url must be https, got ${url.protocol}`);
  if (url.username !== '' || url.password !== '') return fail('url must not carry a user name or password');
  if (!policy.allowPrivate) {
    if (url.protocol === 'http:') return fail(`url must be https, got ${url.origin}`);
    if (!PORTS.includes(url.port)) return fail(`url must use port 443 or 8443, got ${url.port}`);
    if (!isPublicHost(url.hostname)) return fail(`url must name a public server, got ${url.hostname}`);
  }
  return isOwn(url, policy) ? fail(`url must not lead back to this relay, got ${url.host}`) : ok(url);
}

/** Whether an address, such as one that a name leads to, is that of a public server. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (address instanceof ipaddr.IPv6 && !(address.match(GIVEN) && !address.match(PROTOCOLS))) return false;
  return address.range() === 'unicast';
}

/** An address, not a name that has to be looked up; of a parsed URL, so IPv4 is dotted and IPv6 in brackets. */
export function isLiteral(hostname: string): boolean {
  return hostname.startsWith('[') || ipaddr.IPv4.isValidFourPartDecimal(hostname);
}

function isPublicHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  // The URL parser has already turned decimal, hexadecimal, octal and short IPv4 spellings into dotted ones.
  if (ipaddr.isValid(host)) return isPublicAddress(host);
  if (host.endsWith('.') || !host.includes('.')) return false;
  return !LOCAL_NAMES.some((name) => host === name || host.endsWith(`.${name}`));
}

/**
 * A relay on the public internet is the same on every port; one on the operator's own machine has neighbours on others. The names
 * that nobody has told it of are found out by the first delivery: it comes back with its header, and the relay says so.
 */
function isOwn(url: URL, { allowPrivate, own = [] }: AddressPolicy): boolean {
  const [name, port] = [url.hostname.replace(/\.$/, ''), url.port === '' ? '' : `:${url.port}`];
  return own.some((host) => {
    if (allowPrivate) return name + port === host;
    const bare = host.replace(/:\d+$/, '');
    // Each version of a Worker has a name such as 1a2b3c4d-gasline.acme.workers.dev besides.
    return name === bare || (bare.endsWith('.workers.dev') && name.endsWith(`-${bare}`));
  });
}

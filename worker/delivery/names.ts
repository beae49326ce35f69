// What a name leads to, asked of a resolver over HTTPS before the name is called (RFC 8484; in the JSON that Cloudflare and Google
// answer, as application/dns-json). One address that is not public refuses the name, whatever the others are: nobody knows which of
// them a connection would take. The connection looks it up once more, and what a name changes to in between is the egress's to stop.
import * as v from 'valibot';

import { isLiteral, isPublicAddress } from './guard.ts';

export type Finding =
  | { readonly kind: 'public' }
  | { readonly kind: 'refused'; readonly detail: string }
  /** The resolver did not say. */
  | { readonly kind: 'unknown'; readonly detail: string };

export interface Names {
  readonly find: (hostname: string) => Promise<Finding>;
  /** Whether a name is called that could not be looked up. */
  readonly failsOpen: boolean;
}

export interface Resolver {
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly now: () => number;
}

const DEADLINE_MS = 2_000;
/** A name is asked for anew within five minutes, and not more often than each half, whatever its records say. */
const MIN_TTL_S = 30;
const MAX_TTL_S = 300;
/** A resolver that hangs holds a name up once in a while and not at each attempt. */
const UNKNOWN_TTL_S = 10;
const MAX_FOUND = 1_000;

const found = new Map<string, { readonly finding: Finding; readonly until: number }>();

export async function findName(hostname: string, resolver: Resolver): Promise<Finding> {
  if (isLiteral(hostname)) return { kind: 'public' };
  const key = `${resolver.url} ${hostname}`;
  const held = found.get(key);
  if (held !== undefined && held.until > resolver.now()) return held.finding;
  const answers = await Promise.all([ask(hostname, 'A', resolver), ask(hostname, 'AAAA', resolver)]);
  const { finding, ttlS } = judge(hostname, answers);
  if (found.size >= MAX_FOUND) found.clear();
  found.set(key, { finding, until: resolver.now() + ttlS * 1_000 });
  return finding;
}

type Reply = { readonly addresses: readonly string[]; readonly ttlS: number } | { readonly fault: string };

function judge(hostname: string, replies: readonly Reply[]): { finding: Finding; ttlS: number } {
  const good = replies.filter((reply) => 'addresses' in reply);
  const addresses = good.flatMap((reply) => reply.addresses);
  const bad = addresses.find((address) => !isPublicAddress(address));
  if (bad !== undefined) {
    const detail = `url must lead to public addresses alone, ${hostname} leads to ${bad.slice(0, 80)}`;
    return { finding: { kind: 'refused', detail }, ttlS: MIN_TTL_S };
  }
  const fault = replies.find((reply) => 'fault' in reply)?.fault;
  if (fault !== undefined) {
    const detail = `${hostname} could not be looked up: ${fault}`;
    return { finding: { kind: 'unknown', detail }, ttlS: UNKNOWN_TTL_S };
  }
  if (addresses.length === 0) {
    return { finding: { kind: 'refused', detail: `${hostname} has no address` }, ttlS: MIN_TTL_S };
  }
  const ttlS = Math.min(MAX_TTL_S, ...good.map((reply) => reply.ttlS));
  return { finding: { kind: 'public' }, ttlS: Math.max(MIN_TTL_S, ttlS) };
}

/** The numbers of RFC 1035 and RFC 3596. */
const TYPES = { A: 1, AAAA: 28 } as const;
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;
const answer = v.object({
  Status: v.number(),
  Answer: v.optional(v.array(v.object({ type: v.number(), TTL: v.optional(v.number(), 0), data: v.string() })), []),
});

async function ask(name: string, type: keyof typeof TYPES, { url, fetch }: Resolver): Promise<Reply> {
  const query = new URL(url);
  query.searchParams.set('name', name);
  query.searchParams.set('type', type);
  try {
    const response = await fetch(query.href, {
      headers: { accept: 'application/dns-json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const body = await response.text();
    if (response.status !== 200) return { fault: `the resolver answered ${response.status}` };
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), answer), body);
    if (!parsed.success) return { fault: 'the resolver answered something else than DNS as JSON' };
    const { Status: status, Answer: records } = parsed.output;
    if (status !== NO_ERROR && status !== NO_SUCH_NAME)
      return { fault: `the resolver answered with DNS error ${status}` };
    // The names on the way to an address (CNAME) are records too.
    const own = records.filter((record) => record.type === TYPES[type]);
    return { addresses: own.map(({ data }) => data), ttlS: Math.min(...records.map(({ TTL }) => TTL)) };
  } catch {
    return { fault: 'the resolver did not answer' };
  }
}

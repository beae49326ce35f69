// Bearer tokens: `gl_<scope>_<team>_<id>_<secret>_<mac>`. The MAC by the operator's secret lets the front door refuse a forged
// token on sight, without waking the team it names; the team holds a hash of the whole, so that a revoked one ends there.
import { fail, ok, type Result } from '../result.ts';
import { keyId, toHex, type Keyring } from './keyring.ts';

/** Those that a token is asked for with. One of scope inbound is made with the URL that it is the secret of. */
export const SCOPES = ['ingest', 'read', 'admin'] as const;
export type Scope = (typeof SCOPES)[number] | 'inbound';

/** What the holder of a token may do: an admin may do all. */
export const GRANTS: { readonly [S in Scope]: readonly Scope[] } = {
  ingest: ['ingest'],
  read: ['read'],
  admin: ['ingest', 'read', 'admin'],
  // A URL is seen by more eyes than a header: what is good in one is good for nothing else, and no other token is good there.
  inbound: ['inbound'],
};

export function grants({ scope }: Pick<Credential, 'scope'>, asked: Scope): boolean {
  return GRANTS[scope].includes(asked);
}

export interface Credential {
  readonly team: string;
  readonly scope: Scope;
  readonly id: string;
  /** SHA-256 of the token's text, hexadecimal. */
  readonly hash: string;
  /** The id of the operator's secret that its MAC is by. */
  readonly key: string;
}

export interface MintedToken {
  readonly text: string;
  readonly credential: Credential;
}

/** Letters and digits alone, so that "_" can part the fields, a double click marks a whole id and `/` never appears. */
export const TEAM_ID = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const TOKEN = /^gl_(ingest|read|admin|inbound)_([a-z0-9-]{1,40})_([a-z0-9]{8})_([a-z0-9]{32})_([a-z0-9]{16})$/;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

export async function mintToken(
  grant: { readonly team: string; readonly scope: Scope },
  [secret]: Keyring,
  random: (bytes: number) => Uint8Array,
): Promise<MintedToken> {
  const id = base32(random(5));
  const body = `gl_${grant.scope}_${grant.team}_${id}_${base32(random(20))}`;
  const text = `${body}_${await mac(body, secret)}`;
  return { text, credential: { ...grant, id, hash: await sha256(text), key: await keyId(secret) } };
}

/** Reads a token that this relay made. It says nothing on whether the token has been revoked: that the team knows. */
export async function readToken(text: string, keyring: Keyring): Promise<Result<Credential, 'malformed' | 'forged'>> {
  const match = TOKEN.exec(text);
  const [, scope, team, id, , sent] = match ?? [];
  if (scope === undefined || team === undefined || id === undefined || sent === undefined) return fail('malformed');
  const body = text.slice(0, text.lastIndexOf('_'));
  for (const secret of keyring) {
    if (!equal(await mac(body, secret), sent)) continue;
    return ok({ team, scope: scope as Scope, id, hash: await sha256(text), key: await keyId(secret) });
  }
  return fail('forged');
}

/** Compares two strings in a time that depends on their lengths alone. */
export function equal(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index += 1) difference |= a.charCodeAt(index) ^ b.charCodeAt(index);
  return difference === 0;
}

/** RFC 4648 base32 in lower case, without padding. */
export function base32(bytes: Uint8Array): string {
  let [text, bits, held] = ['', 0, 0];
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(held >> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + ALPHABET[(held << (5 - bits)) & 31] : text;
}

async function mac(text: string, secret: string): Promise<string> {
  const key = await macKey(secret);
  const bytes = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text));
  return base32(new Uint8Array(bytes, 0, 10));
}

const macKeys = new Map<string, Promise<CryptoKey>>();

function macKey(secret: string): Promise<CryptoKey> {
  const held = macKeys.get(secret);
  if (held !== undefined) return held;
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = crypto.subtle.importKey('raw', new TextEncoder().encode(`token:${secret}`), algorithm, false, ['sign']);
  macKeys.set(secret, key);
  return key;
}

async function sha256(text: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}

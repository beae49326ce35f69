// The keys that an endpoint signs with, as Standard Webhooks writes them: `whsec_` is a secret that both sides hold (v1), `whsk_`
// the private half of an ed25519 pair (v1a), whose public half `whpk_` is for everybody.
import { fromBase64, toBase64 } from '../access/cipher.ts';

export const SIGNINGS = ['v1', 'v1a'] as const;
export type Signing = (typeof SIGNINGS)[number];

export interface NewKey {
  readonly secret: string;
  readonly publicKey: string | null;
}

export type Content = ReturnType<TextEncoder['encode']>;

/** What signs: a version, and the signature of some content. */
export interface Signer {
  readonly version: Signing;
  readonly sign: (content: Content) => Promise<ArrayBuffer>;
}

const SECRET = 'whsec_';
const PRIVATE = 'whsk_';
const PUBLIC = 'whpk_';
/** The specification asks for 24 to 64 bytes. */
const SECRET_BYTES = 24;
/** A private key is the seed and then the public key. */
const SEED_BYTES = 32;

export async function newKey(signing: Signing, random: (bytes: number) => Uint8Array): Promise<NewKey> {
  if (signing === 'v1') return { secret: newSecret(random), publicKey: null };
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as { privateKey: CryptoKey };
  const { d = '', x = '' } = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as { d?: string; x?: string };
  const [seed, point] = [fromBase64Url(d), fromBase64Url(x)];
  return { secret: PRIVATE + toBase64(Uint8Array.of(...seed, ...point)), publicKey: PUBLIC + toBase64(point) };
}

export function newSecret(random: (bytes: number) => Uint8Array): string {
  return SECRET + toBase64(random(SECRET_BYTES));
}

export async function importKey(text: string): Promise<Signer> {
  return text.startsWith(PRIVATE) ? importPrivate(text) : importSecret(text);
}

async function importSecret(text: string): Promise<Signer> {
  const bytes = fromBase64(text.slice(SECRET.length));
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return { version: 'v1', sign: (content) => crypto.subtle.sign('HMAC', key, content) };
}

/** Web crypto takes no raw private key, but the two halves as a JWK (RFC 8037). */
async function importPrivate(text: string): Promise<Signer> {
  const bytes = fromBase64(text.slice(PRIVATE.length));
  const [d, x] = [toBase64Url(bytes.slice(0, SEED_BYTES)), toBase64Url(bytes.slice(SEED_BYTES))];
  const key = await crypto.subtle.importKey('jwk', { kty: 'OKP', crv: 'Ed25519', d, x }, 'Ed25519', false, ['sign']);
  return { version: 'v1a', sign: (content) => crypto.subtle.sign('Ed25519', key, content) };
}

function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromBase64Url(text: string): Uint8Array {
  return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
}

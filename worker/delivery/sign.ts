// Standard Webhooks v1 signatures: HMAC-SHA256 over `id.timestamp.body` with the endpoint's `whsec_` key
// (github.com/standard-webhooks/standard-webhooks, "Signature scheme").
import { fromBase64, toBase64 } from '../access/cipher.ts';

const PREFIX = 'whsec_';
/** The specification asks for 24 to 64 bytes. */
const KEY_BYTES = 24;
const encoder = new TextEncoder();

export function newSecret(random: (bytes: number) => Uint8Array): string {
  return PREFIX + toBase64(random(KEY_BYTES));
}

/** The three headers of a signed message; `timestamp` is the attempt's, in seconds, so that a late retry verifies too. */
export async function signatureHeaders(
  message: { readonly id: string; readonly body: string },
  secret: string,
  now: number,
): Promise<Record<string, string>> {
  const timestamp = Math.floor(now / 1_000).toString();
  const content = encoder.encode(`${message.id}.${timestamp}.${message.body}`);
  const signature = await crypto.subtle.sign('HMAC', await signingKey(secret), content);
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${toBase64(new Uint8Array(signature))}`,
  };
}

const MAX_KEYS = 100;
const keys = new Map<string, Promise<CryptoKey>>();

/** An endpoint signs many messages in a row: its key is imported once. */
function signingKey(secret: string): Promise<CryptoKey> {
  const held = keys.get(secret);
  if (held !== undefined) return held;
  if (keys.size >= MAX_KEYS) keys.clear();
  const bytes = fromBase64(secret.slice(PREFIX.length));
  const key = crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  keys.set(secret, key);
  return key;
}

// Standard Webhooks signatures over `id.timestamp.body`, one for each of an endpoint's keys: v1 is HMAC-SHA256, v1a ed25519
// (github.com/standard-webhooks/standard-webhooks, "Signature scheme").
import { toBase64 } from '../access/cipher.ts';
import { importKey, type Content, type Signer } from './signing-key.ts';

const encoder = new TextEncoder();

/**
 * The three headers of a signed message, the signatures in the order of the keys. `timestamp` is the attempt's, in seconds, so
 * that a late retry verifies too.
 */
export async function signatureHeaders(
  message: { readonly id: string; readonly body: string },
  keys: readonly string[],
  now: number,
): Promise<Record<string, string>> {
  const timestamp = Math.floor(now / 1_000).toString();
  const content = encoder.encode(`${message.id}.${timestamp}.${message.body}`);
  const signatures = await Promise.all(keys.map((key) => signature(key, content)));
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

async function signature(key: string, content: Content): Promise<string> {
  const { version, sign } = await signerOf(key);
  return `${version},${toBase64(new Uint8Array(await sign(content)))}`;
}

const MAX_SIGNERS = 100;
const signers = new Map<string, Promise<Signer>>();

/** An endpoint signs many messages in a row: its keys are imported once. */
function signerOf(key: string): Promise<Signer> {
  const held = signers.get(key);
  if (held !== undefined) return held;
  if (signers.size >= MAX_SIGNERS) signers.clear();
  const signer = importKey(key);
  signers.set(key, signer);
  return signer;
}

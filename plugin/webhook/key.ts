// A key to check signatures with. Its prefix says which version it is for, and it checks no other: a public key taken for a
// shared secret would let anybody sign.
import { fromBase64 } from './base64.ts';
import { WebhookError } from './error.ts';
import type { Version } from './headers.ts';

export interface Key {
  readonly version: Version;
  /** Whether one of the signatures, all of the key's version, was made over the content. */
  readonly accepts: (content: Bytes, signatures: readonly Bytes[]) => Promise<boolean>;
}

type Bytes = Uint8Array<ArrayBuffer>;

interface Form {
  readonly prefix: string;
  readonly version: Version;
  readonly fits: (bytes: Bytes) => boolean;
  readonly takes: string;
  readonly read: (bytes: Bytes) => Promise<Key['accepts']>;
}

const FORMS: readonly Form[] = [
  {
    prefix: 'whsec_',
    version: 'v1',
    fits: ({ length }) => length >= 24 && length <= 64,
    takes: '24 to 64 bytes in base64',
    read: readSecret,
  },
  {
    prefix: 'whpk_',
    version: 'v1a',
    fits: ({ length }) => length === 32,
    takes: '32 bytes in base64',
    read: readPublicKey,
  },
];

/** The messages never repeat the key: they end in logs. */
export async function readKey(text: string): Promise<Key> {
  const form = typeof text === 'string' ? FORMS.find(({ prefix }) => text.startsWith(prefix)) : undefined;
  if (form === undefined) throw malformed('a key starts with whsec_ or whpk_, as the relay gave it');
  const bytes = fromBase64(text.slice(form.prefix.length));
  if (bytes === null || !form.fits(bytes)) throw malformed(`after ${form.prefix} a key has ${form.takes}`);
  return { version: form.version, accepts: await form.read(bytes) };
}

async function readSecret(bytes: Bytes): Promise<Key['accepts']> {
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return async (content, signatures) => {
    const expected = new Uint8Array(await crypto.subtle.sign('HMAC', key, content));
    // One pass over the body, then every signature, so that the time tells nothing about which one it was.
    return signatures.filter((signature) => isSame(signature, expected)).length > 0;
  };
}

async function readPublicKey(bytes: Bytes): Promise<Key['accepts']> {
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'Ed25519' }, false, ['verify']).catch(() => {
    throw malformed('this runtime cannot read the whpk_ key');
  });
  return async (content, signatures) => {
    const checks = await Promise.allSettled(
      signatures.map((signature) => crypto.subtle.verify({ name: 'Ed25519' }, key, signature, content)),
    );
    // Runtimes differ in whether a key that is no point of the curve throws: either way it has signed nothing.
    return checks.some((check) => check.status === 'fulfilled' && check.value);
  };
}

/** Takes as long for a near miss as for any other: both are 32 bytes, and no byte ends the comparison. */
function isSame(one: Bytes, other: Bytes): boolean {
  let difference = one.length ^ other.length;
  for (const [at, byte] of one.entries()) difference |= byte ^ (other[at] ?? 0);
  return difference === 0;
}

function malformed(message: string): WebhookError {
  return new WebhookError('key-malformed', message);
}

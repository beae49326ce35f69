// Secrets at rest: AES-256-GCM under a key drawn from the operator's secret, bound to whom they belong to, so that a ciphertext
// moved to another row or column does not open (NIST SP 800-38D: a fresh 96-bit nonce for each). It names the key it is under, so
// that what is still under an older one can be found.
import { keyId, sealingKey, type Keyring } from './keyring.ts';

const NONCE_BYTES = 12;

/** There is nothing to go on with: another owner's, or under a secret that the operator has no more. */
export class Unopened extends Error {}

/** `a2.<key>.<nonce>.<bytes>`; `a1`, of before, names no key. */
const SEALED = /^(?:a1|a2\.([0-9a-f]+))\.([\w+/=]+)\.([\w+/=]+)$/;

export async function seal(plain: string, owner: string, [secret]: Keyring): Promise<string> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const key = await sealingKey(secret);
  const sealed = await crypto.subtle.encrypt(parameters(nonce, owner), key, new TextEncoder().encode(plain));
  return `a2.${await keyId(secret)}.${toBase64(nonce)}.${toBase64(new Uint8Array(sealed))}`;
}

/** Throws Unopened where the text was sealed for another owner or under another secret. */
export async function open(sealed: string, owner: string, keyring: Keyring): Promise<string> {
  const [, id, nonce, bytes] = SEALED.exec(sealed) ?? [];
  if (nonce === undefined || bytes === undefined) throw new Unopened('not a sealed secret');
  for (const secret of keyring) {
    if (id !== undefined && id !== (await keyId(secret))) continue;
    const opened = crypto.subtle.decrypt(
      parameters(fromBase64(nonce), owner),
      await sealingKey(secret),
      fromBase64(bytes),
    );
    const plain = await opened.catch(() => null);
    if (plain !== null) return new TextDecoder().decode(plain);
  }
  throw new Unopened("sealed under a secret that is not the operator's: is OPERATOR_SECRET_PREVIOUS missing?");
}

export function isSealed(text: string): boolean {
  return SEALED.test(text);
}

function parameters(iv: Uint8Array<ArrayBuffer>, owner: string) {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(owner) } as const;
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

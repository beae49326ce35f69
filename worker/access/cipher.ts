// Secrets at rest: AES-256-GCM under a key drawn from the operator's secret, bound to the endpoint they belong to, so that a
// ciphertext moved to another row does not open (NIST SP 800-38D: a fresh 96-bit nonce for each).
const NONCE_BYTES = 12;

export async function seal(plain: string, owner: string, operatorSecret: string): Promise<string> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const key = await derive(operatorSecret);
  const sealed = await crypto.subtle.encrypt(parameters(nonce, owner), key, new TextEncoder().encode(plain));
  return `a1.${toBase64(nonce)}.${toBase64(new Uint8Array(sealed))}`;
}

/** Throws where the text was sealed for another owner or under another secret: there is nothing to go on with. */
export async function open(sealed: string, owner: string, operatorSecret: string): Promise<string> {
  const [version, nonce, bytes] = sealed.split('.');
  if (version !== 'a1' || nonce === undefined || bytes === undefined) throw new Error('not a sealed secret');
  const key = await derive(operatorSecret);
  return new TextDecoder().decode(
    await crypto.subtle.decrypt(parameters(fromBase64(nonce), owner), key, fromBase64(bytes)),
  );
}

function parameters(iv: Uint8Array<ArrayBuffer>, owner: string) {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(owner) } as const;
}

async function derive(operatorSecret: string): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', new TextEncoder().encode(operatorSecret), 'HKDF', false, [
    'deriveKey',
  ]);
  const hkdf = {
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new Uint8Array(),
    info: new TextEncoder().encode('gasline endpoint secret'),
  };
  return crypto.subtle.deriveKey(hkdf, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

// The operator's secrets: one that makes tokens and seals, and those before it, which are still honoured while it takes over.
// Each is known by an id that may stand beside what it made and tells nothing of it.
export type Keyring = readonly [newest: string, ...previous: string[]];

export function keyringOf(newest: string, previous: string | undefined): Keyring {
  const listed = (previous ?? '').split(',').map((secret) => secret.trim());
  return [newest, ...listed.filter((secret) => secret !== '')];
}

const ID_BYTES = 6;
const ids = new Map<string, string>();

export async function keyId(operatorSecret: string): Promise<string> {
  const held = ids.get(operatorSecret);
  if (held !== undefined) return held;
  const bits = await crypto.subtle.deriveBits(hkdf('gasline key id'), await material(operatorSecret), ID_BYTES * 8);
  const id = toHex(new Uint8Array(bits));
  ids.set(operatorSecret, id);
  return id;
}

const sealingKeys = new Map<string, CryptoKey>();

/** An AES-256-GCM key of its own, so that a secret serves no two purposes. */
export async function sealingKey(operatorSecret: string): Promise<CryptoKey> {
  const held = sealingKeys.get(operatorSecret);
  if (held !== undefined) return held;
  const algorithm = { name: 'AES-GCM', length: 256 };
  const [purpose, from] = [hkdf('gasline endpoint secret'), await material(operatorSecret)];
  const key = await crypto.subtle.deriveKey(purpose, from, algorithm, false, ['encrypt', 'decrypt']);
  sealingKeys.set(operatorSecret, key);
  return key;
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function hkdf(info: string) {
  return { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: new TextEncoder().encode(info) };
}

function material(operatorSecret: string): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(operatorSecret);
  return crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveBits', 'deriveKey']);
}

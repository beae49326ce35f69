// Verifies what a relay sends: Standard Webhooks v1 (HMAC-SHA256, `whsec_`) and v1a (ed25519, `whpk_`). Web crypto and nothing
// else, so that it runs in Node, Bun, Deno and Workers as it is.
import { WebhookError } from './error.ts';
import { readEnvelope, type Envelope } from './headers.ts';
import { readKey } from './key.ts';
import type { VerifyOptions, WebhookEvent, WebhookHeaders } from './types.ts';

/**
 * The event, where the body was signed with one of the keys a short while ago; else it throws a WebhookError. The body is the
 * raw one, as it came. During a rotation give the old key and the new one.
 */
export async function verify(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  keys: string | readonly string[],
  { toleranceS = 300, now = Date.now }: VerifyOptions = {},
): Promise<WebhookEvent> {
  const bytes = bytesOf(body);
  const envelope = readEnvelope(headers);
  checkTime(envelope, now() / 1_000, toleranceS);
  await checkSignatures(envelope, bytes, typeof keys === 'string' ? [keys] : keys);
  return parse(bytes);
}

function bytesOf(body: unknown): Uint8Array {
  if (typeof body === 'string') return new TextEncoder().encode(body);
  // Not `instanceof`: test runners and sandboxes have arrays of another realm.
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  throw new WebhookError('body-type', 'give the raw body, text or bytes, before anything has parsed it');
}

/** Written so that a tolerance or a clock that is not a number lets nothing pass. */
function checkTime({ seconds }: Envelope, now: number, toleranceS: number): void {
  const age = Math.floor(now) - seconds;
  if (!(age <= toleranceS)) {
    throw new WebhookError('timestamp-old', `signed ${age} s ago, which is more than ${toleranceS} s`);
  }
  if (!(-age <= toleranceS)) {
    throw new WebhookError('timestamp-future', `signed ${-age} s from now, which is more than ${toleranceS} s`);
  }
}

async function checkSignatures({ id, timestamp, signatures }: Envelope, body: Uint8Array, texts: readonly string[]) {
  if (!Array.isArray(texts) || texts.length === 0) throw new WebhookError('key-malformed', 'give at least one key');
  const keys = await Promise.all(texts.map(readKey));
  const content = join(new TextEncoder().encode(`${id}.${timestamp}.`), body);
  const checks = keys.map(async ({ version, accepts }) => {
    const own = signatures.filter((signature) => signature.version === version).map(({ bytes }) => bytes);
    return own.length > 0 && accepts(content, own);
  });
  if ((await Promise.all(checks)).includes(true)) return;
  throw new WebhookError('signature-mismatch', 'no signature of the message was made with one of the keys');
}

function join(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined;
}

/** Parses the bytes that were signed, not the text they came as. */
function parse(body: Uint8Array): WebhookEvent {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as WebhookEvent;
  } catch {
    // Told below: whatever is wrong with it, it is not what a relay sends.
  }
  throw new WebhookError('body-malformed', 'the body is signed and is not a JSON object');
}

// Reads the three headers of a Standard Webhooks message.
import { fromBase64 } from './base64.ts';
import { WebhookError } from './error.ts';
import type { WebhookHeaders } from './types.ts';

export type Version = 'v1' | 'v1a';

export interface Signature {
  readonly version: Version;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface Envelope {
  readonly id: string;
  /** In seconds, as it was signed and as a number. */
  readonly timestamp: string;
  readonly seconds: number;
  readonly signatures: readonly Signature[];
}

/** An HMAC-SHA256 and an ed25519 signature. */
const SIZES: Readonly<Record<Version, number>> = { v1: 32, v1a: 64 };
/** A sender holds ten keys at most. Nobody has us check more than twice as many: each costs a pass over the body. */
const MAX_SIGNATURES = 20;

export function readEnvelope(headers: WebhookHeaders): Envelope {
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  if (!/^\d{1,12}$/.test(timestamp)) {
    throw new WebhookError('timestamp-malformed', 'webhook-timestamp is not a whole number of seconds');
  }
  const signatures = signaturesOf(headerOf(headers, 'webhook-signature'));
  return { id, timestamp, seconds: Number(timestamp), signatures };
}

function headerOf(headers: WebhookHeaders, wanted: string): string {
  const [value, ...more] = valuesOf(headers, wanted);
  if (value === undefined || value === '') throw new WebhookError('header-missing', `there is no ${wanted} header`);
  // Servers join a header that came twice by a comma and a space; a single one of ours never holds that.
  if (more.length > 0 || /,\s/.test(value)) {
    throw new WebhookError('header-duplicate', `the ${wanted} header came more than once`);
  }
  return value;
}

function valuesOf(headers: WebhookHeaders, wanted: string): readonly string[] {
  if (typeof headers !== 'object' || headers === null) return [];
  const values: readonly unknown[] = isFetchHeaders(headers)
    ? [headers.get(wanted)]
    : Object.entries(headers).flatMap(([name, value]) => (name.toLowerCase() === wanted ? value : []));
  return values.filter((value) => typeof value === 'string');
}

function isFetchHeaders(headers: object): headers is { get(name: string): unknown } {
  return 'get' in headers && typeof headers.get === 'function';
}

/** A version that is not known is passed over, as the specification asks: there may be a v2 beside ours. */
function signaturesOf(text: string): readonly Signature[] {
  const parts = text.split(' ', MAX_SIGNATURES + 1);
  if (parts.length > MAX_SIGNATURES) {
    throw new WebhookError('signature-malformed', `webhook-signature holds more than ${MAX_SIGNATURES} signatures`);
  }
  const signatures = parts.flatMap((part) => signatureOf(part) ?? []);
  if (signatures.length > 0) return signatures;
  throw new WebhookError('signature-malformed', 'webhook-signature holds no v1,… and no v1a,… that can be read');
}

function signatureOf(part: string): Signature | null {
  const [, version, text = ''] = /^(v1a?),(.*)$/.exec(part) ?? [];
  if (version !== 'v1' && version !== 'v1a') return null;
  const bytes = fromBase64(text);
  return bytes?.length === SIZES[version] ? { version, bytes } : null;
}

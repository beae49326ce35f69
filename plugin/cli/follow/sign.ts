// Signs as the relay does: Standard Webhooks v1, HMAC-SHA256 over `id.timestamp.body`.

import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/** Null for what is no secret of 24 to 64 bytes in base64 after whsec_. */
export function parseSecret(text: string): string | null {
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64');
  const isWhole = text === PREFIX + bytes.toString('base64');
  return isWhole && bytes.length >= 24 && bytes.length <= 64 ? text : null;
}

/** The same each time for the same token, so that the program at the other end is told it once; it tells nothing of the token. */
export function secretFor(token: string): string {
  return PREFIX + createHmac('sha256', token).update('gasline listen').digest('base64');
}

export function signed(secret: string, { id, body }: { readonly id: string; readonly body: string }, now: number) {
  const timestamp = Math.floor(now / 1_000).toString();
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

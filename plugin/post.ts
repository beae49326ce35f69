// One request to the relay, with one deadline over headers and body. It never throws: a failed network is an answer too.

import type { Batch } from './contract.ts';
import { classify } from './answer.ts';
import type { Answer } from './answer.ts';
import { ANSWER_BYTES } from './limits.ts';

export type Post = (batch: Batch, signal: AbortSignal) => Promise<Answer>;

export function openPost(url: string, token: string, fetch: typeof globalThis.fetch, now: () => number): Post {
  const address = new URL('v1/events', url).href;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return async function post(batch, signal) {
    try {
      // A redirect would carry the token to an address that nobody configured.
      const response = await fetch(address, {
        method: 'POST',
        headers,
        body: JSON.stringify(batch),
        redirect: 'manual',
        signal,
      });
      const body = await readBody(response);
      return classify(response.status, response.headers.get('retry-after'), body, now());
    } catch (error) {
      return {
        kind: 'later',
        afterMs: null,
        detail: `the relay at ${new URL(address).host} does not answer (${nameOf(error)})`,
      };
    }
  };
}

export async function readBody(response: Response, most = ANSWER_BYTES): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
    if (size > most) {
      await reader.cancel();
      break;
    }
  }
  return Buffer.concat(chunks).toString('utf8');
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown error';
}

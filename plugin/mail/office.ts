// Requests to the relay about mail and costs: one deadline each, no redirect, a bounded answer. What fails is an error that says
// why, in the relay's own words where it has some.

import { fields } from '../field.ts';
import type { Fields } from '../field.ts';
import { REQUEST_MS } from '../limits.ts';
import { readBody } from '../post.ts';

export interface Asked {
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export type Office = (path: string, asked?: Asked) => Promise<Fields>;

/** The relay's answer is that it will not, or something else answered: nothing was done. */
export class Refusal extends Error {}

export function openOffice(url: string, token: string): Office {
  return async function request(path, { body, headers, signal } = {}) {
    const limit = AbortSignal.timeout(REQUEST_MS);
    const response = await globalThis.fetch(new URL(`v1/${path}`, url), {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    });
    const answer = parse(await readBody(response, ANSWER_BYTES));
    if (response.ok && answer !== null) return answer;
    const { detail } = answer ?? {};
    throw new Refusal(`the relay answered ${response.status}${typeof detail === 'string' ? `: ${detail}` : ''}`);
  };
}

/** Ten messages of the greatest size, written without any character but ASCII. */
const ANSWER_BYTES = 2 * 1024 * 1024;

function parse(body: string): Fields | null {
  try {
    return fields(JSON.parse(body));
  } catch {
    return null;
  }
}

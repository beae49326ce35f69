// A relay whose log grows as a test says: each page it is asked for is the next of a list, and after the last the command is
// interrupted, as by Ctrl-C.
import type { Io } from '../../../plugin/cli/command.ts';
import { gasline, type Printed } from './console.ts';

export type Page = { readonly status: number; readonly detail?: string } | readonly object[];

export function event(seq: number, type: string, data: object = {}, given: object = {}) {
  return {
    id: `team-${seq}`,
    seq,
    type,
    timestamp: `2026-11-22T23:14:${seq.toString().padStart(2, '0')}.000Z`,
    session: 'ses_1',
    source: { member: 'ann@example.com', project: { id: 'f00d', name: 'github.com/acme/app' } },
    data,
    ...given,
  };
}

type Others = (url: URL, init?: RequestInit) => Promise<Response>;

/** `others` answers what is not for the relay. */
export async function following(
  words: readonly string[],
  pages: readonly Page[],
  { others, ...given }: Partial<Io> & { readonly others?: Others } = {},
): Promise<Printed> {
  const left = [...pages];
  let head = 40;
  const ended = new AbortController();
  const asked: { path: string; token: string | null }[] = [];
  const printed = await gasline(words, () => ({ body: {} }), {
    interruption: () => ended.signal,
    async fetch(input, init) {
      const url = new URL(input instanceof Request ? input.url : input);
      if (url.hostname !== 'relay.example.com') {
        if (others === undefined) throw new Error(`nobody is at ${url.href}`);
        return others(url, init);
      }
      asked.push({ path: url.pathname + url.search, token: new Headers(init?.headers).get('authorization') });
      if (url.pathname.endsWith('/team')) return Response.json({ zone: 'UTC', head });
      const page = left.shift();
      if (page === undefined) {
        ended.abort();
        throw new DOMException('This operation was aborted', 'AbortError');
      }
      if ('status' in page) return Response.json({ detail: page.detail }, { status: page.status });
      head += page.length;
      return Response.json({ events: page, next: null, head });
    },
    ...given,
  });
  return { ...printed, asked };
}
